select id, message, expires from logengine.duplicates
where queue = $1 and id > $2 and expires > logengine.now_ticks() order by id limit $3
