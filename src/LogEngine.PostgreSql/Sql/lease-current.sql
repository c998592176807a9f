select exists (
    select 1 from logengine.messages
    where queue = $1 and id = $2 and lease_open = $3 and lease_number = $4
        and leased_until > logengine.now_ticks())
