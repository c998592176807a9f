select logengine.enter_groups($1::integer[], $2::bytea[])
