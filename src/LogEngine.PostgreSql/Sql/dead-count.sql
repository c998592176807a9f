select count(*) from logengine.dead where queue = $1
