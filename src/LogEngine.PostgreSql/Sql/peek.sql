-- What can be received: ready, or due and not noticed yet.
select id, lane, deliveries, enqueued, sum, headers, body, grp from (
    (select * from logengine.messages
    where queue = $1 and due = 0 and not held and leased_until <= logengine.now_ticks()
        and (expires = 0 or expires > logengine.now_ticks())
    order by lane, id limit $2)
    union all
    (select * from logengine.messages
    where queue = $1 and due <> 0 and due <= logengine.now_ticks() and not held
        and leased_until <= logengine.now_ticks() and (expires = 0 or expires > logengine.now_ticks())
    order by due limit $2)
) as found
order by lane, id limit $2
