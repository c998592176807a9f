select code, dropped, ids, is_new from logengine.try_enqueue(
    $1, $2, $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[],
    $10::bytea[], $11::bytea[], $12, $13, $14, $15)
