select logengine.release($1, $2, $3, $4, $5::bigint[], $6)
