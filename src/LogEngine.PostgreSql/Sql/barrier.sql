-- A commit of its own that is flushed, and replicated where a synchronous standby is configured. (Asking for a
-- transaction's id alone flushes nothing.)
select pg_logical_emit_message(true, 'logengine', '')
