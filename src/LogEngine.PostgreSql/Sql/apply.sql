select code, actual, hit, deleted from logengine.apply(
    $1, $2::smallint[], $3::integer[], $4::bytea[], $5::bytea[], $6, $7::bigint[], $8::bigint[],
    $9::integer[], $10::bytea[], $11::bigint[],
    $12::integer[], $13::bigint[], $14::bigint[], $15::bigint[], $16::integer[], $17::bigint[])
