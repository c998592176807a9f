select
    count(*) filter (where leased_until <= t.now and not held and (due = 0 or due <= t.now)),
    count(*) filter (where leased_until <= t.now and not held and due > t.now),
    count(*) filter (where leased_until > t.now),
    coalesce(sum(octet_length(body) + coalesce(octet_length(headers), 0)), 0)::bigint,
    (select count(*) from logengine.dead where queue = $1),
    count(*) filter (where held)
from logengine.messages, (select logengine.now_ticks() as now) as t
where queue = $1 and (expires = 0 or expires > t.now or leased_until > t.now)
