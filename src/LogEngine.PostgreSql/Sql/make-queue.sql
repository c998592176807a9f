insert into logengine.queues (name, used) values ($1, false) on conflict (name) do nothing
