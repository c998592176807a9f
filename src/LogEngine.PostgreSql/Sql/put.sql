insert into logengine.kv as t (ks, key, version, expires, sum, value)
select u.ks, u.key, u.version, u.expires, u.sum, u.value
from unnest($1::integer[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
    as u (ks, key, version, expires, sum, value)
order by u.ks, u.key
on conflict (ks, key) do update set version = excluded.version, expires = excluded.expires,
    sum = excluded.sum, value = excluded.value
