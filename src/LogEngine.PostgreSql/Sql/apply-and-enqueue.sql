select code, actual, hit from logengine.apply_and_enqueue(
    $1, $2::smallint[], $3::integer[], $4::bytea[], $5::bytea[], $6, $7::bigint[], $8::bigint[],
    $9::integer[], $10::bytea[], $11::bigint[],
    $12::integer[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::integer[], $17::smallint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[],
    $22::bytea[], $23::bytea[], $24::bytea[], $25::bigint[], $26::bigint[], $27::bigint[], $28::boolean[])
