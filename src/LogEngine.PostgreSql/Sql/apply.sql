select code, actual, hit, deleted, first from logengine.apply(
    $1, $2::smallint[], $3::integer[], $4::bytea[], $5::bytea[], $6, $7::bigint[], $8::bigint[], $9::integer[],
    $10::integer[], $11::bytea[], $12::bigint[],
    $13::integer[], $14::bigint[], $15::bigint[], $16::bigint[], $17::integer[], $18::bigint[])
