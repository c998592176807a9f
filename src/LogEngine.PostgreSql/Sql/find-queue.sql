select id from logengine.queues where name = $1
