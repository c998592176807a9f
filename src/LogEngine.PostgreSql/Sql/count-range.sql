select count(*) from logengine.kv where ks = $1 and key >= $2 and ($3 = ''::bytea or key < $3)
