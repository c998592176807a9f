insert into logengine.keyspaces (name, alive) values ($1, false) on conflict (name) do nothing
