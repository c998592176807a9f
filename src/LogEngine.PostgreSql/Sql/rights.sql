-- Rights of a program's role: what the engine does, and nothing else. 'program' is replaced by the role's name.
-- Run by the owner of the schema, once, and again after a newer program has brought the schema up to date.
grant usage on schema logengine to program;
grant select on logengine.about to program;
grant select, insert, update, delete on
    logengine.keyspaces, logengine.kv, logengine.changes, logengine.clients,
    logengine.queues, logengine.messages, logengine.duplicates, logengine.dead to program;
grant usage on logengine.versions, logengine.message_ids to program;
grant update on logengine.message_ids to program; -- what is taken over keeps its ids
grant execute on all functions in schema logengine to program;
