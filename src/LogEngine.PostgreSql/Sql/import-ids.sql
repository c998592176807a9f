select case when $1 > coalesce(pg_sequence_last_value('logengine.message_ids'::regclass), 0)
    then setval('logengine.message_ids', $1) end
