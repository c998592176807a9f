-- A block of versions. The message makes the transaction one that is flushed: what was reserved is never
-- reserved again, whatever becomes of the server.
select nextval('logengine.versions'), pg_logical_emit_message(true, 'logengine', '')
