with q as (update logengine.queues set used = false where name = $1 and used returning id),
    m as (delete from logengine.messages where queue in (select id from q)),
    d as (delete from logengine.dead where queue in (select id from q)),
    u as (delete from logengine.duplicates where queue in (select id from q))
select count(*) from q
