-- Those that stand in the way as messages of another group leave it, so that the next of that one is let go.
delete from logengine.messages m using unnest($2, $3) as u (id, grp)
where m.queue = $1 and m.id = u.id and m.grp is distinct from u.grp
