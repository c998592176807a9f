select code, new_id from logengine.replay($1, $2, $3, $4, $5, $6, $7)
