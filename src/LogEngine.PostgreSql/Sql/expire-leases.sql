select at, state, left_ticks from logengine.expire_leases(
    $1, $2, $3::bigint[], $4::bigint[], $5::integer[], $6)
