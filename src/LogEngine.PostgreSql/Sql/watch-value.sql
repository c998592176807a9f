select value, sum from logengine.kv where ks = $1 and key = $2 and version = $3
