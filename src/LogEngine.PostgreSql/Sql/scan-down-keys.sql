-- A page: up to $5 rows from behind the key $7; $6 is for pages with values.
select key, version, expires, coalesce($4, logengine.now_ticks()) as now from logengine.kv
where ks = $1 and key >= $2 and key < logengine.end_of($3) and key < logengine.end_of($7)
    and (expires = 0 or expires > coalesce($4, logengine.now_ticks()))
    and $6::bigint is not null
order by key desc limit $5
