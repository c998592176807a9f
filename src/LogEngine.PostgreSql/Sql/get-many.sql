select u.at, t.version, t.expires, t.sum, t.value
from unnest($2::bytea[]) with ordinality as u (key, at)
join logengine.kv t on t.ks = $1 and t.key = u.key
where t.expires = 0 or t.expires > coalesce($3, logengine.now_ticks())
