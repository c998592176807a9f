select id from logengine.keyspaces where name = $1
