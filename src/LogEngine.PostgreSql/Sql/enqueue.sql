select logengine.enqueue(
    $1, $2::integer[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::bytea[], $9::bytea[], $10::bytea[])
