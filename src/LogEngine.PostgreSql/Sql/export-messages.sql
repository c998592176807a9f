select id, lane, deliveries, enqueued, due, expires, sum, headers, body, grp from logengine.messages
where queue = $1 and id > $2 and (expires = 0 or expires > logengine.now_ticks())
order by id limit $3
