select logengine.acknowledge($1, $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[])
