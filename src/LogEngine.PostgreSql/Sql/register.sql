insert into logengine.clients (id, number, answers, seen) values ($1, 0, '', now())
