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
