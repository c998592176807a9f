-- From version 1 to version 2. Programs of version 1 that are still running write nothing more: the functions that they
-- call are gone, since they know nothing of the order of commits.
update logengine.about set version = 2;

drop function if exists logengine.enter(integer[], integer[]);
drop function if exists logengine.apply(
    integer, smallint[], integer[], bytea[], bytea[], bigint, bigint[], bigint[], integer[], bytea[], bigint[],
    integer[], bigint[], bigint[], bigint[], integer[], bigint[]);
drop function if exists logengine.apply_and_enqueue(
    integer, smallint[], integer[], bytea[], bytea[], bigint, bigint[], bigint[], integer[], bytea[], bigint[],
    integer[], bigint[], bigint[], bigint[], integer[], bigint[],
    integer[], smallint[], bigint[], bigint[], bigint[], bigint[], bytea[], bytea[], bytea[], bytea[], bigint[],
    bigint[], bigint[], boolean[]);
drop function if exists logengine.sweep(integer);

-- Changes of keyspaces that are watched. A keyspace records its changes while watched_until is not null, whatever time it
-- is: setting it and taking it away are acts of their own, functions.sql says which. Each time of recording is an epoch.
-- commits counts the commits that were recorded; up to and with swept their changes have been removed.
alter table logengine.keyspaces
    add column watched_until timestamptz,
    add column keep interval not null default '0',
    add column epoch bigint not null default 0,
    add column commits bigint not null default 0,
    add column swept bigint not null default 0;
alter table logengine.keyspaces
    set (fillfactor = 30, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

create table logengine.changes (
    ks integer not null,
    number bigint not null,         -- of the commit, counted in the keyspace
    part integer not null,          -- of the group; -1: those that are written before its parts
    id bigint not null,             -- order within the part
    kind smallint not null,         -- as of the operations of apply
    key bytea not null,
    upto bytea not null,            -- of a range
    version bigint not null,
    expires bigint not null,
    sum bigint not null,
    value bytea,                    -- null where it is large: then it is in kv, as long as nobody changes it
    at timestamptz not null,
    primary key (ks, number, part, id)
) with (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.1
);
alter table logengine.changes alter column value set storage external;
