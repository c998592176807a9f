-- Rows are locked in one order by everybody, whatever order they are then written in.
select count(*) from (
    select 1 from logengine.kv t join unnest($1::integer[], $2::bytea[]) as u (ks, key)
        on t.ks = u.ks and t.key = u.key
    order by t.ks, t.key for update of t) as locked
