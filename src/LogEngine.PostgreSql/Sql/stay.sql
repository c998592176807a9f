update logengine.clients set seen = now() where id = any ($1::bigint[])
