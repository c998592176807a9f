delete from logengine.kv t using unnest($1::integer[], $2::bytea[]) as u (ks, key)
where t.ks = u.ks and t.key = u.key
