select name from logengine.queues where used order by name
