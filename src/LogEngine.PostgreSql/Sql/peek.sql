select id, lane, deliveries, enqueued, sum, headers, body from logengine.messages
where queue = $1 and due = 0 and leased_until <= logengine.now_ticks()
    and (expires = 0 or expires > logengine.now_ticks())
order by lane, id limit $2
