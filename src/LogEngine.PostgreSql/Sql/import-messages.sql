-- In order of ids: of each group the first is not held.
insert into logengine.messages (queue, id, lane, deliveries, enqueued, due, expires, sum, headers, body, grp)
select $1, u.id, u.lane, u.deliveries, u.enqueued, u.due, u.expires, u.sum, u.headers, u.body, u.grp
from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    as u (id, lane, deliveries, enqueued, due, expires, sum, headers, body, grp)
order by u.id
on conflict (queue, id) do update set lane = excluded.lane, deliveries = excluded.deliveries,
    enqueued = excluded.enqueued, due = excluded.due, expires = excluded.expires, sum = excluded.sum,
    headers = excluded.headers, body = excluded.body
