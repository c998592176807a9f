select code, actual, hit, deleted, ids from logengine.apply_and_enqueue(
    $1, $2::smallint[], $3::integer[], $4::bytea[], $5::bytea[], $6, $7::bigint[], $8::bigint[],
    $9::integer[], $10::bytea[], $11::bigint[],
    $12::integer[], $13::bigint[], $14::bigint[], $15::bigint[], $16::integer[], $17::bigint[],
    $18::integer[], $19::smallint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[],
    $24::bytea[], $25::bytea[], $26::bytea[], $27::bytea[], $28::bigint[], $29::bigint[], $30::bigint[],
    $31::boolean[])
