with recorded as (
    insert into logengine.changes (ks, number, part, id, kind, key, upto, version, expires, sum, at)
    select u.ks, r.number, -1, u.version, 2, u.key, '', u.version, 0, 0, clock_timestamp()
    from unnest($1::integer[], $2::bytea[], $3::bigint[]) as u (ks, key, version)
    join logengine.recorded() r on r.ks = u.ks
    where coalesce(current_setting('logengine.recorded', true), '') <> ''
)
delete from logengine.kv t using unnest($1::integer[], $2::bytea[]) as u (ks, key)
where t.ks = u.ks and t.key = u.key
