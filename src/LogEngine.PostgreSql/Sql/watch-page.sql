-- A page of changes behind a place, with what the keyspace says of itself at the same moment.
select k.epoch, k.commits, k.swept, k.watched_until is not null,
    c.number, c.part, c.id, c.kind, c.key, c.upto, c.version, c.expires, c.sum, c.value
from logengine.keyspaces k left join lateral (
    select c.* from logengine.changes c
    where c.ks = k.id and (c.number, c.part, c.id) > ($2, $3, $4)
        and (c.kind = 6
            or c.kind = 3 and ($6 = ''::bytea or c.key < $6) and (c.upto = ''::bytea or c.upto > $5)
            or c.kind in (1, 2, 7) and c.key >= $5 and ($6 = ''::bytea or c.key < $6))
    order by c.number, c.part, c.id limit $7
) as c on true
where k.id = $1
order by c.number, c.part, c.id
