-- Ids are given out in blocks of 1,024, of which this is the first of the last.
select coalesce(pg_sequence_last_value('logengine.message_ids'::regclass), 0) + 1023
