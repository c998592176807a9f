select enqueued from logengine.messages
where queue = $1 and not held and due <= logengine.now_ticks() and leased_until <= logengine.now_ticks()
    and (expires = 0 or expires > logengine.now_ticks())
order by id limit 1
