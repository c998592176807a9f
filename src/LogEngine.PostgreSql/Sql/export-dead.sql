select id, lane, deliveries, enqueued, died, reason, unreadable, sum, headers, body, grp from logengine.dead
where queue = $1 and id > $2 order by id limit $3
