select id from logengine.dead where queue = $1 order by id
