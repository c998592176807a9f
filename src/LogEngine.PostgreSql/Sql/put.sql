-- What is recorded is so first, in the same statement; in most transactions nothing is, and that part is not run.
with recorded as (
    insert into logengine.changes (ks, number, part, id, kind, key, upto, version, expires, sum, value, at)
    select u.ks, r.number, -1, u.version, 1, u.key, '', u.version, u.expires, u.sum,
        case when octet_length(u.value) <= 65536 then u.value end, clock_timestamp()
    from unnest($1::integer[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
        as u (ks, key, version, expires, sum, value)
    join logengine.recorded() r on r.ks = u.ks
    where coalesce(current_setting('logengine.recorded', true), '') <> ''
)
insert into logengine.kv as t (ks, key, version, expires, sum, value)
select u.ks, u.key, u.version, u.expires, u.sum, u.value
from unnest($1::integer[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
    as u (ks, key, version, expires, sum, value)
order by u.ks, u.key
on conflict (ks, key) do update set version = excluded.version, expires = excluded.expires,
    sum = excluded.sum, value = excluded.value
