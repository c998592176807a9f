delete from logengine.clients where id = any ($1::bigint[])
