select version, expires, sum, value from logengine.kv
where ks = $1 and key = $2 and (expires = 0 or expires > coalesce($3, logengine.now_ticks()))
