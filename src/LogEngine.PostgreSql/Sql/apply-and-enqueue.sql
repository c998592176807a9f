select code, actual, hit, deleted, first, ids from logengine.apply_and_enqueue(
    $1, $2::smallint[], $3::integer[], $4::bytea[], $5::bytea[], $6, $7::bigint[], $8::bigint[], $9::integer[],
    $10::integer[], $11::bytea[], $12::bigint[],
    $13::integer[], $14::bigint[], $15::bigint[], $16::bigint[], $17::integer[], $18::bigint[],
    $19::integer[], $20::smallint[], $21::bigint[], $22::bigint[], $23::bigint[], $24::bigint[],
    $25::bytea[], $26::bytea[], $27::bytea[], $28::bytea[], $29::bigint[], $30::bigint[], $31::bigint[],
    $32::boolean[])
