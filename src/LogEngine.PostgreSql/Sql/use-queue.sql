update logengine.queues set used = true where id = any ($1::integer[]) and not used
