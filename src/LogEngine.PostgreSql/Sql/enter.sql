select logengine.enter($1::integer[], $2::integer[], $3::integer[])
