select place, id, lane, deliveries, enqueued, had_lease, sum, headers, body, grp
from logengine.claim($1, $2::bigint[], $3::integer[], $4, $5::bigint[], $6, $7, $8, $9, $10, $11)
