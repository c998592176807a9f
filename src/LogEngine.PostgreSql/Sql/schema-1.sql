-- The schema of LogEngine on PostgreSQL, version 1. Runs in one transaction, under an advisory lock.
-- 'logengine.' is replaced by the schema's name where another one was chosen. Names, keys and texts are bytea,
-- so that they may hold anything and are ordered byte by byte in any database. Times are UTC ticks of
-- 100 ns since the year 1.

create table logengine.about (
    one boolean primary key default true check (one),
    version integer not null
);
insert into logengine.about (version) values (1);

-- Every time that anything is judged by, expiry, due times and leases, is the server's. Not inlined where a
-- test puts its own clock in its place.
create function logengine.now_ticks() returns bigint
language sql stable parallel safe as $$
    select 621355968000000000 + (extract(epoch from statement_timestamp()) * 10000000)::bigint
$$;

-- Where a version comes from: each process takes a block of 2^20 of them at a time.
create sequence logengine.versions as bigint increment by 1048576 minvalue 1 start with 1;

-- An id belongs to a name for ever: processes remember it. A keyspace exists while it is alive.
create table logengine.keyspaces (
    id integer generated always as identity primary key,
    name bytea not null unique,
    alive boolean not null
);

create table logengine.kv (
    ks integer not null,
    key bytea not null,
    version bigint not null,
    expires bigint not null,
    sum bigint not null,
    value bytea not null,
    primary key (ks, key)
) with (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.1,
    autovacuum_analyze_scale_factor = 0.05
);
-- Not compressed: a value of any size is read as it was written, and its length is known without reading it.
alter table logengine.kv alter column value set storage external;
create index kv_expiry on logengine.kv (expires) where expires <> 0;

-- One row for each connection that writes: the number of its last group, which refuses a group that comes twice
-- and tells whether one whose connection was lost has been committed; and what was answered to it.
create table logengine.clients (
    id bigint primary key,
    number bigint not null,
    answers bytea not null,
    seen timestamptz not null
) with (fillfactor = 30, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

create table logengine.queues (
    id integer generated always as identity primary key,
    name bytea not null unique,
    used boolean not null
);

-- Ids of messages: a group takes a block of 1,024, so that ids follow the order of commits closely.
create sequence logengine.message_ids as bigint increment by 1024 minvalue 1 start with 1;

-- No index holds a column that a lease changes, so that a claim rewrites the row within its page.
create table logengine.messages (
    queue integer not null,
    id bigint not null,
    lane smallint not null,
    due bigint not null,            -- 0: ready; else not before this time
    expires bigint not null,        -- 0: never
    enqueued bigint not null,
    leased_until bigint not null default 0,
    lease_open bigint not null default 0,
    lease_number bigint not null default 0,
    deliveries integer not null default 0,
    sum bigint not null,
    headers bytea,
    body bytea not null,
    grp bytea,                      -- null: in no group
    held boolean not null default false, -- another one of its group is out or comes first
    primary key (queue, id)
) with (
    fillfactor = 70,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05
);
alter table logengine.messages alter column body set storage external;
create index messages_ready on logengine.messages (queue, lane, id) where due = 0 and not held;
create index messages_due on logengine.messages (queue, due) where due <> 0;
create index messages_group on logengine.messages (queue, grp, id) where grp is not null;
create index messages_expiry on logengine.messages (queue, expires) where expires <> 0;

create table logengine.duplicates (
    queue integer not null,
    id bytea not null,
    message bigint not null,
    expires bigint not null,
    primary key (queue, id)
);
create index duplicates_expiry on logengine.duplicates (expires);

create table logengine.dead (
    queue integer not null,
    id bigint not null,
    lane smallint not null,
    enqueued bigint not null,
    died bigint not null,
    deliveries integer not null,
    reason bytea not null,
    unreadable boolean not null,
    sum bigint not null,
    headers bytea,
    body bytea not null,
    grp bytea,
    primary key (queue, id)
);
alter table logengine.dead alter column body set storage external;
