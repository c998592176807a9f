insert into logengine.dead (queue, id, lane, deliveries, enqueued, died, reason, unreadable, sum, headers, body, grp)
select $1, u.id, u.lane, u.deliveries, u.enqueued, u.died, u.reason, u.unreadable, u.sum, u.headers, u.body, u.grp
from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    as u (id, lane, deliveries, enqueued, died, reason, unreadable, sum, headers, body, grp)
on conflict (queue, id) do update set lane = excluded.lane, deliveries = excluded.deliveries,
    enqueued = excluded.enqueued, died = excluded.died, reason = excluded.reason,
    unreadable = excluded.unreadable, sum = excluded.sum, headers = excluded.headers, body = excluded.body, grp = excluded.grp
