select name from logengine.keyspaces where alive order by name
