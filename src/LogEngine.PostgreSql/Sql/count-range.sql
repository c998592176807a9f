select count(*) from logengine.kv where ks = $1 and key >= $2 and key < logengine.end_of($3)
