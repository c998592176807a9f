-- A page: up to $5 rows from behind the key $7, and no more once $6 bytes of values are reached.
select key, version, expires, now, sum, value
from (
    select key, version, expires, coalesce($4, logengine.now_ticks()) as now, sum, value,
        coalesce(sum(octet_length(value)) over (order by key desc rows between unbounded preceding and 1 preceding), 0) as before
    from (
        select key, version, expires, sum, value from logengine.kv
        where ks = $1 and key >= $2 and key < logengine.end_of($3) and key < logengine.end_of($7)
            and (expires = 0 or expires > coalesce($4, logengine.now_ticks()))
        order by key desc limit $5
    ) as page
) as counted
where before < $6
order by key desc
