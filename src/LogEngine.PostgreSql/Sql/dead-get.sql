select id, lane, enqueued, died, deliveries, reason, unreadable, sum, headers, body, grp
from logengine.dead where queue = $1 and id = $2
