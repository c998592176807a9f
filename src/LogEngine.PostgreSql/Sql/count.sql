select count(*) from logengine.kv where ks = $1
