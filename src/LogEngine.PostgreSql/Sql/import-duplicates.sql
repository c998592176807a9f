insert into logengine.duplicates (queue, id, message, expires)
select $1, u.id, u.message, u.expires from unnest($2, $3, $4) as u (id, message, expires)
on conflict (queue, id) do update set message = excluded.message, expires = excluded.expires
