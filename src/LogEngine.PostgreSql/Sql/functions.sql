-- Functions of LogEngine on PostgreSQL. Replaced by each migration; they hold no data.

-- The end of a range; where it is empty, behind any key. A condition of its own for that would keep an index from ending
-- where the range ends.
create or replace function logengine.end_of(_end bytea) returns bytea
language sql immutable parallel safe as $$
    select case when _end = ''::bytea then decode(repeat('ff', 2049), 'hex') else _end end
$$;

-- What was answered to a part of a group is kept with the group's number, for a client whose connection is lost.
create or replace function logengine.answered(_part integer, _code integer, _number bigint) returns void
language sql volatile as $$
    select set_config('logengine.answers',
        coalesce(current_setting('logengine.answers', true), '')
        || _part || ' ' || _code || ' ' || _number || ';', true)
$$;

-- Puts the commits to some keyspaces into an order: where a keyspace records its changes, this transaction gets the
-- number of its commit there; where it is ordered, nothing more. Whoever comes next waits for this transaction's row locks,
-- that is until it is over and can be seen. Those of _alive are made alive.
-- The caller has entered the keyspaces, so that none of them begins to record meanwhile. logengine.recorded is what
-- the statements of this transaction go by.
create or replace function logengine.order_commits(_ks integer[], _ordered integer[], _alive integer[]) returns void
language plpgsql volatile as $$
declare
    _k record;
    _number bigint;
    _recorded text := '';
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        -- It sees an older moment: a keyspace that has begun to record since then must not be missed. Where the row
        -- has been changed, this is an error (40001).
        perform 1 from logengine.keyspaces where id = any (_ks) order by id for share;
    end if;
    for _k in
        select k.id, k.alive, k.watched_until is not null as is_watched
        from logengine.keyspaces k where k.id = any (_ks) order by k.id
    loop
        if not _k.alive and _k.id = any (_alive) then
            update logengine.keyspaces set alive = true where id = _k.id and not alive;
        end if;
        _number := null;
        if _k.is_watched then
            update logengine.keyspaces k set commits = k.commits + 1
            where k.id = _k.id and k.watched_until is not null
            returning k.commits into _number;
            if _number is not null then
                _recorded := _recorded || _k.id || ':' || _number || ' ';
            end if;
        end if;
        if _number is null and _k.id = any (_ordered) then
            perform 1 from logengine.keyspaces where id = _k.id for no key update;
        end if;
    end loop;
    if _recorded <> coalesce(current_setting('logengine.recorded', true), '') then
        perform set_config('logengine.recorded', _recorded, true);
    end if;
end $$;

-- The keyspaces that record, with the numbers of this commit.
create or replace function logengine.recorded() returns table (ks integer, number bigint)
language sql stable as $$
    select split_part(w, ':', 1)::integer, split_part(w, ':', 2)::bigint
    from unnest(string_to_array(current_setting('logengine.recorded', true), ' ')) w where w <> ''
$$;

-- Records operations of a part; what is of kind 0 has not happened.
create or replace function logengine.record(
    _part integer, _kind smallint[], _ks integer[], _key bytea[], _value bytea[], _version bigint[],
    _expires bigint[], _sum bigint[]) returns void
language sql volatile as $$
    insert into logengine.changes (ks, number, part, id, kind, key, upto, version, expires, sum, value, at)
    select u.ks, r.number, _part, u.id, u.kind, u.key, case when u.kind = 3 then u.value else '' end,
        u.version, u.expires, u.sum,
        case when u.kind = 1 and octet_length(u.value) <= 65536 then u.value end, clock_timestamp()
    from unnest(_kind, _ks, _key, _value, _version, _expires, _sum) with ordinality
        as u (kind, ks, key, value, version, expires, sum, id)
    join logengine.recorded() r on r.ks = u.ks
    where u.kind <> 0
$$;

-- Enters keyspaces: a removal of many keys is alone in its keyspace, everything else shares it. So a batch is
-- before such a removal or behind it, never both. Locks are taken in order of ids.
create or replace function logengine.enter(_shared integer[], _alone integer[], _ordered integer[]) returns void
language plpgsql volatile as $$
declare
    _class constant integer := 'logengine.kv'::regclass::oid::integer;
    _ks integer;
begin
    for _ks in select distinct k from unnest(_shared || _alone) k order by k loop
        if _ks = any (_alone) then
            perform pg_advisory_xact_lock(_class, _ks);
        else
            perform pg_advisory_xact_lock_shared(_class, _ks);
        end if;
    end loop;
    perform logengine.order_commits(_shared || _alone, _ordered, _shared);
end $$;

-- A keyspace records its changes for at least so long from now on. Where it does not yet, it begins when nobody is in it,
-- so that everybody who comes later knows. Waits for a second at most.
create or replace function logengine.watch(_ks integer, _keep interval, out epoch bigint, out commits bigint)
language plpgsql volatile set lock_timeout = '1s' as $$
begin
    update logengine.keyspaces k
    set watched_until = greatest(k.watched_until, clock_timestamp() + _keep), keep = greatest(k.keep, _keep)
    where k.id = _ks and k.watched_until is not null
    returning k.epoch, k.commits into epoch, commits;
    if found then
        return;
    end if;
    perform pg_advisory_xact_lock('logengine.kv'::regclass::oid::integer, _ks);
    update logengine.keyspaces k
    set watched_until = clock_timestamp() + _keep, keep = _keep, epoch = k.epoch + 1
    where k.id = _ks and k.watched_until is null;
    select k.epoch, k.commits into epoch, commits from logengine.keyspaces k where k.id = _ks;
end $$;

-- Ends the recording where nobody has asked for it for long, and removes changes that are older than they are kept, a
-- part at a time.
create or replace function logengine.sweep_changes(_most integer) returns integer
language plpgsql volatile as $$
declare
    _k record;
    _gone bigint;
    _count integer;
    _all integer := 0;
begin
    if not pg_try_advisory_xact_lock('logengine.changes'::regclass::oid::integer, 0) then
        return 0;
    end if;
    for _k in
        select k.id from logengine.keyspaces k
        where k.swept < k.commits or k.watched_until < clock_timestamp() order by k.id
    loop
        update logengine.keyspaces k set watched_until = null
        where k.id = _k.id and k.watched_until < clock_timestamp();
        select max(f.number), count(*) into _gone, _count from (
            select c.number, c.at from logengine.changes c
            where c.ks = _k.id order by c.number, c.part, c.id limit _most) as f,
            logengine.keyspaces k
        where k.id = _k.id and (k.watched_until is null or f.at < clock_timestamp() - k.keep);
        if _count > 0 then
            update logengine.keyspaces k set swept = greatest(k.swept, _gone) where k.id = _k.id;
            delete from logengine.changes c where c.ks = _k.id and c.number <= _gone;
        else
            update logengine.keyspaces k set swept = k.commits
            where k.id = _k.id and k.watched_until is null and k.swept < k.commits;
        end if;
        _all := _all + _count;
    end loop;
    return _all;
end $$;

-- Groups: of each group at most one message is not held, and only that can be leased. Whoever adds a message to a
-- group, or takes one away, has the group's lock to the end of his transaction, so none is forgotten between the two.
-- Groups share 1,024 locks for each queue, since a transaction may touch any number of them.
create or replace function logengine.enter_groups(_queue integer[], _group bytea[]) returns void
language plpgsql volatile as $$
declare
    _class constant integer := 'logengine.dead'::regclass::oid::integer;
    _lock integer;
begin
    -- What was committed while the lock was waited for must be seen.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'messages of groups need a transaction that is read committed' using errcode = 'LE005';
    end if;
    -- In one order by everybody.
    for _lock in
        select distinct (hashtextextended(encode(u.name, 'hex'), u.queue) & 1023)::integer as k
        from unnest(_queue, _group) as u (queue, name) order by k
    loop
        perform pg_advisory_xact_lock(_class, _lock);
    end loop;
end $$;

create or replace function logengine.joins_group() returns trigger
language plpgsql volatile as $$
begin
    perform logengine.enter_groups(array[new.queue], array[new.grp]);
    new.held := exists (
        select 1 from logengine.messages m where m.queue = new.queue and m.grp = new.grp);
    return new;
end $$;

create or replace function logengine.leaves_group() returns trigger
language plpgsql volatile as $$
begin
    perform logengine.enter_groups(array[old.queue], array[old.grp]);
    update logengine.messages m set held = false
    where m.queue = old.queue and m.held and m.id = (
        select n.id from logengine.messages n
        where n.queue = old.queue and n.grp = old.grp order by n.id limit 1);
    return null;
end $$;

drop trigger if exists joins_group on logengine.messages;
create trigger joins_group before insert on logengine.messages
for each row when (new.grp is not null) execute function logengine.joins_group();
drop trigger if exists leaves_group on logengine.messages;
create trigger leaves_group after delete on logengine.messages
for each row when (old.grp is not null and not old.held) execute function logengine.leaves_group();

-- Removes the messages of leases that are current; gives the positions of those that are not.
create or replace function logengine.acknowledge(
    _part integer, _queue integer[], _id bigint[], _open bigint[], _number bigint[]) returns integer[]
language plpgsql volatile as $$
declare
    _refused integer[];
    _at integer;
begin
    with gone as (
        delete from logengine.messages m
        using unnest(_queue, _id, _open, _number) with ordinality as u (queue, id, open, number, at)
        where m.queue = u.queue and m.id = u.id
            and m.lease_open = u.open and m.lease_number = u.number
            and m.leased_until > logengine.now_ticks()
        returning u.at
    )
    select array_agg(at::integer order by at) into _refused
    from generate_subscripts(_id, 1) at
    where at not in (select g.at from gone g);
    foreach _at in array coalesce(_refused, '{}') loop
        perform logengine.answered(_part, _at, 0);
    end loop;
    return coalesce(_refused, '{}');
end $$;

-- Enqueues up to 1,024 messages; gives the id of the first, the others follow it.
create or replace function logengine.enqueue(
    _part integer, _queue integer[], _lane smallint[], _due bigint[], _delay bigint[], _life bigint[],
    _sum bigint[], _headers bytea[], _body bytea[], _group bytea[]) returns bigint
language plpgsql volatile as $$
declare
    _now constant bigint := logengine.now_ticks();
    _end constant bigint := 3155378975999999999;
    _first constant bigint := nextval('logengine.message_ids');
begin
    insert into logengine.messages (queue, id, lane, due, expires, enqueued, sum, headers, body, grp)
    select u.queue, _first + u.at - 1, u.lane,
        case when u.delay > 0 then _now + least(u.delay, _end - _now)
            when u.due > _now then u.due else 0 end,
        case when u.life = 0 or u.life >= _end - _now then 0 else _now + u.life end,
        _now, u.sum, u.headers, u.body, u.grp
    from unnest(_queue, _lane, _due, _delay, _life, _sum, _headers, _body, _group)
        with ordinality as u (queue, lane, due, delay, life, sum, headers, body, grp, at);
    perform logengine.answered(_part, 0, _first);
    return _first;
end $$;

-- Makes room for some messages under the limits of a queue, whose enqueues go one after the other here.
-- Gives how many were dropped for them; -1 where there is no room.
create or replace function logengine.make_room(
    _queue integer, _count bigint, _bytes bigint, _max_count bigint, _max_bytes bigint, _drop boolean)
returns integer
language plpgsql volatile as $$
declare
    _there bigint;
    _size bigint;
    _dropped integer := 0;
    _oldest record;
begin
    perform pg_advisory_xact_lock('logengine.messages'::regclass::oid::integer, _queue);
    delete from logengine.messages
    where queue = _queue and expires <> 0 and expires <= logengine.now_ticks()
        and leased_until <= logengine.now_ticks();
    select count(*), coalesce(sum(octet_length(body) + coalesce(octet_length(headers), 0)), 0)
    into _there, _size from logengine.messages where queue = _queue;
    while _there + _count > _max_count or _size + _bytes > _max_bytes loop
        if not _drop then
            return -1;
        end if;
        delete from logengine.messages where queue = _queue and id = (
            select id from logengine.messages
            where queue = _queue and due = 0 and not held and leased_until <= logengine.now_ticks()
            order by id limit 1 for update skip locked)
        returning octet_length(body) + coalesce(octet_length(headers), 0) as size into _oldest;
        if not found then
            return -1;
        end if;
        _dropped := _dropped + 1;
        _there := _there - 1;
        _size := _size - _oldest.size;
    end loop;
    return _dropped;
end $$;

-- Enqueues messages of one queue with what has to be judged first: all that are no duplicates, or none where
-- there is no room. For each its id and whether it is new; code 1: full; the number of those dropped.
-- Where a duplicate fails the whole (a batch), code 2 and its position.
create or replace function logengine.enqueue_checked(
    _part integer, _queue integer, _lane smallint[], _due bigint[], _delay bigint[], _life bigint[],
    _sum bigint[], _headers bytea[], _body bytea[], _group bytea[], _unique bytea[], _window bigint,
    _max_count bigint, _max_bytes bigint, _drop boolean, _all boolean,
    out code integer, out dropped integer, out ids bigint[], out is_new boolean[])
language plpgsql volatile as $$
declare
    _now constant bigint := logengine.now_ticks();
    _end constant bigint := 3155378975999999999;
    _next bigint;
    _left integer := 0;
    _found bigint;
    _count bigint := 0;
    _bytes bigint := 0;
    _at integer;
begin
    code := 0;
    dropped := 0;
    for _at in 1 .. cardinality(_lane) loop
        if _left = 0 then
            _next := nextval('logengine.message_ids');
            _left := 1024;
        end if;
        ids[_at] := _next;
        is_new[_at] := true;
        if _unique[_at] is not null then
            insert into logengine.duplicates as d (queue, id, message, expires)
            values (_queue, _unique[_at], _next, _now + _window)
            on conflict (queue, id) do update set message = excluded.message, expires = excluded.expires
            where d.expires <= _now;
            if not found then
                select d.message into _found from logengine.duplicates d
                where d.queue = _queue and d.id = _unique[_at];
                is_new[_at] := false;
                ids[_at] := coalesce(_found, 0);
                if _all then
                    raise exception 'duplicate' using errcode = 'LE002', detail = _at::text;
                end if;
            end if;
        end if;
        if is_new[_at] then
            _next := _next + 1;
            _left := _left - 1;
            _count := _count + 1;
            _bytes := _bytes + octet_length(_body[_at]) + coalesce(octet_length(_headers[_at]), 0);
        end if;
    end loop;
    if _max_count is not null or _max_bytes is not null then
        dropped := logengine.make_room(_queue, _count, _bytes, _max_count, _max_bytes, _drop);
        if dropped < 0 then
            raise exception 'full' using errcode = 'LE001';
        end if;
    end if;
    insert into logengine.messages (queue, id, lane, due, expires, enqueued, sum, headers, body, grp)
    select _queue, ids[u.at], u.lane,
        case when u.delay > 0 then _now + least(u.delay, _end - _now)
            when u.due > _now then u.due else 0 end,
        case when u.life = 0 or u.life >= _end - _now then 0 else _now + u.life end,
        _now, u.sum, u.headers, u.body, u.grp
    from unnest(_lane, _due, _delay, _life, _sum, _headers, _body, _group)
        with ordinality as u (lane, due, delay, life, sum, headers, body, grp, at)
    where is_new[u.at];
    for _at in 1 .. cardinality(_lane) loop
        perform logengine.answered(_part, case when is_new[_at] then 1 else 0 end, ids[_at]);
    end loop;
    perform logengine.answered(_part, -1, dropped);
end $$;

-- The same as a part of a group, of which nothing is left where there is no room.
create or replace function logengine.try_enqueue(
    _part integer, _queue integer, _lane smallint[], _due bigint[], _delay bigint[], _life bigint[],
    _sum bigint[], _headers bytea[], _body bytea[], _group bytea[], _unique bytea[], _window bigint,
    _max_count bigint, _max_bytes bigint, _drop boolean,
    out code integer, out dropped integer, out ids bigint[], out is_new boolean[])
language plpgsql volatile as $$
begin
    select * into code, dropped, ids, is_new from logengine.enqueue_checked(
        _part, _queue, _lane, _due, _delay, _life, _sum, _headers, _body, _group, _unique, _window,
        _max_count, _max_bytes, _drop, false);
exception when sqlstate 'LE001' then
    code := 1;
    dropped := 0;
    perform logengine.answered(_part, -2, 0);
end $$;

-- Moves messages to the dead letters.
create or replace function logengine.bury(
    _queue integer, _id bigint[], _reason bytea, _unreadable boolean) returns integer
language plpgsql volatile as $$
declare
    _count integer;
begin
    with gone as (
        delete from logengine.messages m where m.queue = _queue and m.id = any (_id) returning m.*
    )
    insert into logengine.dead (
        queue, id, lane, enqueued, died, deliveries, reason, unreadable, sum, headers, body, grp)
    select g.queue, g.id, g.lane, g.enqueued, logengine.now_ticks(), g.deliveries, _reason, _unreadable,
        g.sum, g.headers, g.body, g.grp
    from gone g;
    get diagnostics _count = row_count;
    return _count;
end $$;

-- Removes a message that nobody has, or a dead letter. 0: there is none; 1: done; 2: it was a dead letter;
-- 3: it is leased.
create or replace function logengine.delete_message(_queue integer, _id bigint) returns integer
language plpgsql volatile as $$
begin
    delete from logengine.messages m
    where m.queue = _queue and m.id = _id and m.leased_until <= logengine.now_ticks();
    if found then
        return 1;
    end if;
    perform 1 from logengine.messages m where m.queue = _queue and m.id = _id;
    if found then
        return 3;
    end if;
    delete from logengine.dead d where d.queue = _queue and d.id = _id;
    return case when found then 2 else 0 end;
end $$;

-- Ends or prolongs one lease. What: 1 renew for _ticks, 2 give back after _ticks (0: at once), 3 to the dead
-- letters, 4 the same, unreadable. Code 0 where the lease is not current, 1 where it is done, 2 where it is dead
-- now, also of a message that was given back and has been delivered often enough.
-- Or removes without a lease, with the number of what was removed: 5 a dead letter, 6 all of them, 7 all messages;
-- 8 a message or a dead letter by its id: what delete_message says;
-- 9 the queue with all it has: code 0 where it was not there.
create or replace function logengine.settle(
    _part integer, _what integer, _queue integer, _id bigint, _open bigint, _number bigint,
    _ticks bigint, _most integer, _reason bytea, out code integer, out number bigint)
language plpgsql volatile as $$
declare
    _now constant bigint := logengine.now_ticks();
    _deliveries integer;
begin
    code := 1;
    number := 0;
    if _what = 5 then
        delete from logengine.dead d where d.queue = _queue and d.id = _id;
        get diagnostics number = row_count;
    elsif _what = 6 then
        delete from logengine.dead d where d.queue = _queue;
        get diagnostics number = row_count;
    elsif _what = 7 then
        delete from logengine.messages m where m.queue = _queue;
        get diagnostics number = row_count;
    elsif _what = 9 then
        update logengine.queues q set used = false where q.id = _queue and q.used;
        code := case when found then 1 else 0 end;
        delete from logengine.messages m where m.queue = _queue;
        delete from logengine.dead d where d.queue = _queue;
        delete from logengine.duplicates d where d.queue = _queue;
    elsif _what = 8 then
        code := logengine.delete_message(_queue, _id);
    else
        select m.deliveries into _deliveries from logengine.messages m
        where m.queue = _queue and m.id = _id and m.lease_open = _open and m.lease_number = _number
            and m.leased_until > _now
        for update;
        if not found then
            code := 0;
        elsif _what = 1 then
            update logengine.messages m set leased_until = _now + _ticks
            where m.queue = _queue and m.id = _id;
        elsif _what = 2 and (_most = 0 or _deliveries < _most) then
            update logengine.messages m
            set leased_until = 0, lease_open = 0, lease_number = 0,
                due = case when _ticks > 0 then _now + _ticks else 0 end
            where m.queue = _queue and m.id = _id;
        else
            perform logengine.bury(_queue, array[_id], _reason, _what = 4);
            code := 2;
        end if;
    end if;
    perform logengine.answered(_part, code, number);
end $$;

-- One request that has conditions, or operations that depend on what is there: all of it or nothing.
-- code -1: done; from 0: the position of the condition that did not hold, and the version that was there;
-- 1,000,000 and a position: a lease that is not current; 2,000,000 and a position: a duplicate; 3,000,000: full.
-- deleted: of each message that is removed by its id, what delete_message says.
-- hit: of the last operation, the version that a removal found, 1 where there was something to touch or drop.
-- _sequence: for each operation where its version goes into its key, -1 for nowhere; empty where none does. Else versions
-- are given here, in the order of commits: the caller has entered the keyspaces as ordered. A checksum is then that
-- of version 0, to which the version is added here. first: the first version that was given so; else 0.
create or replace function logengine.apply(
    _part integer,
    _kind smallint[], _ks integer[], _key bytea[], _value bytea[], _version bigint,
    _expires bigint[], _sum bigint[], _sequence integer[],
    _if_ks integer[], _if_key bytea[], _if_version bigint[],
    _lease_queue integer[], _lease_id bigint[], _lease_open bigint[], _lease_number bigint[],
    _delete_queue integer[], _delete_id bigint[],
    out code integer, out actual bigint, out hit bigint, out deleted integer[], out first bigint)
language plpgsql volatile as $$
declare
    _now constant bigint := logengine.now_ticks();
    _there record;
    _at integer;
    _held integer[] := '{}';
    _found bigint;
    _before bigint[] := '{}';
    _recorded constant boolean := coalesce(current_setting('logengine.recorded', true), '') <> '';
    _versions bigint[] := '{}';
begin
    code := -1;
    actual := 0;
    hit := 0;
    deleted := '{}';
    first := 0;

    -- The commonest request has a statement of its own: one key, written if it is as it was.
    if cardinality(_kind) = 1 and cardinality(_if_ks) = 1 and _kind[1] = 1 and cardinality(_lease_id) = 0
        and cardinality(_delete_id) = 0 and cardinality(_sequence) = 0 and _ks[1] = _if_ks[1] and _key[1] = _if_key[1] then
        loop
            if _if_version[1] = 0 then
                insert into logengine.kv as t (ks, key, version, expires, sum, value)
                values (_ks[1], _key[1], _version, _expires[1], _sum[1], _value[1])
                on conflict (ks, key) do update set version = excluded.version,
                    expires = excluded.expires, sum = excluded.sum, value = excluded.value
                where t.expires <> 0 and t.expires <= _now;
            else
                update logengine.kv t
                set version = _version, expires = _expires[1], sum = _sum[1], value = _value[1]
                where t.ks = _ks[1] and t.key = _key[1] and t.version = _if_version[1]
                    and (t.expires = 0 or t.expires > _now);
            end if;
            if found then
                if _recorded then
                    perform logengine.record(_part, _kind, _ks, _key, _value, array[_version], _expires, _sum);
                end if;
                return;
            end if;
            select t.version into actual from logengine.kv t
            where t.ks = _ks[1] and t.key = _key[1] and (t.expires = 0 or t.expires > _now);
            actual := coalesce(actual, 0);
            if actual <> _if_version[1] then
                code := 0;
                perform logengine.answered(_part, code, actual);
                return;
            end if;
        end loop;
    end if;

    -- What conditions are about is locked, in order of keys. A key that must be absent and is gets a
    -- placeholder of version 0, which nobody else ever sees and which another writer of the key waits for.
    for _at in
        select c.at from unnest(_if_ks, _if_key) with ordinality as c (ks, key, at) order by c.ks, c.key
    loop
        loop
            select t.version, t.expires into _there from logengine.kv t
            where t.ks = _if_ks[_at] and t.key = _if_key[_at] for update;
            if found then
                actual := case when _there.expires = 0 or _there.expires > _now
                    then _there.version else 0 end;
                exit;
            end if;
            actual := 0;
            exit when _if_version[_at] <> 0;
            insert into logengine.kv (ks, key, version, expires, sum, value)
            values (_if_ks[_at], _if_key[_at], 0, 0, 0, '') on conflict (ks, key) do nothing;
            if found then
                _held := _held || _at;
                exit;
            end if;
        end loop;
        if actual <> _if_version[_at] then
            code := _at - 1;
            exit;
        end if;
    end loop;

    if code < 0 then
        for _at in 1 .. cardinality(_lease_id) loop
            perform 1 from logengine.messages m
            where m.queue = _lease_queue[_at] and m.id = _lease_id[_at]
                and m.lease_open = _lease_open[_at] and m.lease_number = _lease_number[_at]
                and m.leased_until > _now
            for update;
            if not found then
                code := 1000000 + _at - 1;
                exit;
            end if;
        end loop;
    end if;

    if code < 0 then
        delete from logengine.messages m using unnest(_lease_queue, _lease_id) as u (queue, id)
        where m.queue = u.queue and m.id = u.id;

        for _at in 1 .. cardinality(_delete_id) loop
            deleted[_at] := logengine.delete_message(_delete_queue[_at], _delete_id[_at]);
            perform logengine.answered(_part, 4000000 + _at - 1, deleted[_at]);
        end loop;

        if cardinality(_sequence) > 0 then
            -- A block, of which the rest is not used.
            _version := nextval('logengine.versions');
            first := _version;
            perform logengine.answered(_part, 9000000, first);
            for _at in 1 .. cardinality(_kind) loop
                _sum[_at] := _sum[_at] # (_version + _at - 1);
                if _sequence[_at] >= 0 then
                    _key[_at] := overlay(
                        _key[_at] placing int8send(_version + _at - 1) from _sequence[_at] + 1 for 8);
                end if;
            end loop;
        end if;

        -- What a touch is about is judged before any operation.
        for _at in 1 .. cardinality(_kind) loop
            if _kind[_at] = 7 then
                select t.version into _found from logengine.kv t
                where t.ks = _ks[_at] and t.key = _key[_at] and t.version <> 0
                    and (t.expires = 0 or t.expires > _now)
                for update;
                _before[_at] := _found;
            end if;
        end loop;

        for _at in 1 .. cardinality(_kind) loop
            hit := 0;
            case _kind[_at]
                when 1 then
                    insert into logengine.kv as t (ks, key, version, expires, sum, value)
                    values (_ks[_at], _key[_at], _version + _at - 1, _expires[_at], _sum[_at],
                        _value[_at])
                    on conflict (ks, key) do update set version = excluded.version,
                        expires = excluded.expires, sum = excluded.sum, value = excluded.value;
                when 2 then
                    delete from logengine.kv t where t.ks = _ks[_at] and t.key = _key[_at]
                    returning case when t.expires = 0 or t.expires > _now then t.version else 0 end
                    into hit;
                    hit := coalesce(hit, 0);
                when 3 then
                    delete from logengine.kv t
                    where t.ks = _ks[_at] and t.key >= _key[_at]
                        and t.key < logengine.end_of(_value[_at]);
                when 7 then
                    update logengine.kv t set expires = _expires[_at]
                    where t.ks = _ks[_at] and t.key = _key[_at] and t.version = _before[_at];
                    hit := case when found then 1 else 0 end;
                when 6 then
                    update logengine.keyspaces set alive = false where id = _ks[_at] and alive;
                    hit := case when found then 1 else 0 end;
                    delete from logengine.kv t where t.ks = _ks[_at];
            end case;
            if _recorded then
                _versions[_at] := case _kind[_at] when 7 then _before[_at] else _version + _at - 1 end;
                if _kind[_at] in (6, 7) and hit = 0 then
                    _kind[_at] := 0;
                end if;
            end if;
        end loop;
        if _recorded then
            perform logengine.record(_part, _kind, _ks, _key, _value, _versions, _expires, _sum);
        end if;
    end if;

    if cardinality(_held) > 0 then
        delete from logengine.kv t using unnest(_held) as h (at)
        where t.ks = _if_ks[h.at] and t.key = _if_key[h.at] and t.version = 0;
    end if;
    if code >= 0 or hit <> 0 or cardinality(deleted) > 0 then
        perform logengine.answered(_part, code, case when code >= 0 then actual else hit end);
    end if;
end $$;

-- A request that enqueues messages too, of several queues: all of it or nothing. The arrays of messages are
-- those of enqueue; _limits says of each whether anything has to be judged.
create or replace function logengine.apply_and_enqueue(
    _part integer,
    _kind smallint[], _ks integer[], _key bytea[], _value bytea[], _version bigint,
    _expires bigint[], _sum bigint[], _sequence integer[],
    _if_ks integer[], _if_key bytea[], _if_version bigint[],
    _lease_queue integer[], _lease_id bigint[], _lease_open bigint[], _lease_number bigint[],
    _delete_queue integer[], _delete_id bigint[],
    _queue integer[], _lane smallint[], _due bigint[], _delay bigint[], _life bigint[],
    _message_sum bigint[], _headers bytea[], _body bytea[], _group bytea[], _unique bytea[], _window bigint[],
    _max_count bigint[], _max_bytes bigint[], _drop boolean[],
    out code integer, out actual bigint, out hit bigint, out deleted integer[], out first bigint, out ids bigint[])
language plpgsql volatile as $$
declare
    _at integer := 0;
    _applied text;
    _enqueued bigint[];
    _before constant text := coalesce(current_setting('logengine.answers', true), '');
begin
    -- A subtransaction: where a message is refused, nothing of the request is left.
    begin
        select * into code, actual, hit, deleted, first from logengine.apply(
            _part, _kind, _ks, _key, _value, _version, _expires, _sum, _sequence, _if_ks, _if_key, _if_version,
            _lease_queue, _lease_id, _lease_open, _lease_number, _delete_queue, _delete_id);
        if code >= 0 then
            return;
        end if;
        _applied := coalesce(current_setting('logengine.answers', true), '');
        ids := '{}';
        for _at in 1 .. cardinality(_queue) loop
            select e.ids into _enqueued from logengine.enqueue_checked(
                _part, _queue[_at], array[_lane[_at]], array[_due[_at]], array[_delay[_at]],
                array[_life[_at]], array[_message_sum[_at]], array[_headers[_at]], array[_body[_at]],
                array[_group[_at]], array[_unique[_at]], _window[_at], _max_count[_at], _max_bytes[_at], _drop[_at], true) e;
            ids[_at] := _enqueued[1];
        end loop;
        perform set_config('logengine.answers', _applied, true);
        for _at in 1 .. cardinality(_queue) loop
            perform logengine.answered(_part, 5000000 + _at - 1, ids[_at]);
        end loop;
    exception
        when sqlstate 'LE002' then
            code := 2000000 + _at - 1;
            perform set_config('logengine.answers', _before, true);
            perform logengine.answered(_part, code, 0);
        when sqlstate 'LE001' then
            code := 3000000 + _at - 1;
            perform set_config('logengine.answers', _before, true);
            perform logengine.answered(_part, code, 0);
    end;
end $$;

-- The end of a group: its number follows that of the client's last one, so that it cannot be committed twice; what
-- was answered stands beside it; and the level at which the commit is acknowledged.
create or replace function logengine.finish(_client bigint, _number bigint, _level text, _two boolean)
returns void
language plpgsql volatile as $$
begin
    update logengine.clients
    set number = _number, answers = convert_to(coalesce(current_setting('logengine.answers', true), ''), 'UTF8'),
        seen = now()
    where id = _client and number = _number - 1;
    if not found then
        raise exception 'group % of client % has been decided already', _number, _client
            using errcode = 'LE003';
    end if;
    if _two and current_setting('synchronous_standby_names') = '' then
        raise exception 'no synchronous standby is configured' using errcode = 'LE004';
    end if;
    -- The session's own is 'on', or what waits longer.
    if _level <> 'on' then
        perform set_config('synchronous_commit', _level, true);
    end if;
end $$;

-- Decides a group whose connection was lost. Where it has not been committed, it cannot be any more: its number
-- is used up, and '-' stands for the answers, so that whoever asks again is told the same. Waits for a transaction
-- that is still at it.
create or replace function logengine.decide(_client bigint, _number bigint, out is_committed boolean, out answers bytea)
language plpgsql volatile set lock_timeout = '3s' as $$
begin
    update logengine.clients c set number = _number, answers = '-', seen = now()
    where c.id = _client and c.number = _number - 1;
    select c.answers <> '-', c.answers into is_committed, answers from logengine.clients c
    where c.id = _client and c.number = _number;
    is_committed := coalesce(is_committed, false);
end $$;

-- Leases the next messages of a queue. The first row is about the look itself: id: messages found dead, enqueued:
-- found expired, deliveries: 1 where it should be looked again at once, lane: a bit for each lane with messages,
-- had_lease: it has looked at the whole. One that is eager does so where nothing is behind the cursors.
-- The others are the messages, by their place in the order in which they are delivered.
create or replace function logengine.claim(
    _queue integer, _cursor bigint[], _passed integer[], _starvation integer,
    _lease bigint[], _open bigint, _first bigint, _most integer, _whole boolean, _eager boolean, _dead_reason bytea)
returns table (
    place integer, id bigint, lane integer, deliveries integer, enqueued bigint, had_lease boolean,
    sum bigint, headers bytea, body bytea, grp bytea)
language plpgsql volatile as $$
declare
    _now constant bigint := logengine.now_ticks();
    _count constant integer := cardinality(_lease);
    _have integer[] := '{0,0,0,0,0,0,0,0}';
    _want integer[] := '{0,0,0,0,0,0,0,0}';
    _order integer[] := '{}';
    _l integer;
    _waiting integer;
    _next integer;
    _mask integer := 0;
    _moved integer;
    _expired integer := 0;
    _dead bigint[];
    _buried integer := 0;
    _ids bigint[];
    _lanes integer[];
begin
    -- What it changes is lost at most: then a message is delivered once more.
    perform set_config('synchronous_commit', 'off', true);
    update logengine.messages m set due = 0
    where m.queue = _queue and m.id in (
        select d.id from logengine.messages d
        where d.queue = _queue and d.due <> 0 and d.due <= _now
        order by d.due limit 1000 for update skip locked);
    get diagnostics _moved = row_count;
    _whole := _whole or _moved > 0;
    loop
        if _whole then
            _cursor := '{0,0,0,0,0,0,0,0}';
            delete from logengine.messages m
            where m.queue = _queue and m.id in (
                select e.id from logengine.messages e
                where e.queue = _queue and e.expires <> 0 and e.expires <= _now and e.leased_until <= _now
                limit 1000 for update skip locked);
            get diagnostics _expired = row_count;

            -- There may be very many more: they are removed first, before a look that would step over all of them.
            exit when _expired = 1000;
        end if;

        for _l in 1 .. 8 loop
            select count(*) into _waiting from (
                select 1 from logengine.messages m
                where m.queue = _queue and m.lane = _l - 1 and m.due = 0 and not m.held and m.id > _cursor[_l]
                    and m.leased_until <= _now and (m.expires = 0 or m.expires > _now)
                order by m.id limit _count) as found;
            _have[_l] := _waiting;
            if _waiting > 0 then
                _mask := _mask | (1 << (_l - 1));
            end if;
        end loop;
        exit when _mask > 0 or _whole or not _eager;
        _whole := true;
    end loop;

    for _i in 1 .. _count loop
        _next := null;
        for _l in 1 .. 8 loop
            if _have[_l] > _want[_l] and (_next is null
                or (_passed[_l] >= _starvation and _passed[_l] > _passed[_next])) then
                _next := _l;
            end if;
        end loop;
        exit when _next is null;
        for _l in 1 .. 8 loop
            if _have[_l] > _want[_l] then
                _passed[_l] := case when _l = _next then 0 else _passed[_l] + 1 end;
            end if;
        end loop;
        _want[_next] := _want[_next] + 1;
        _order := _order || (_next - 1);
    end loop;

    -- Materialized: it must run once. As a subquery that is joined, the planner may run it again, and each time
    -- it locks other rows than before.
    with taken as materialized (
        select w.lane, x.id, x.deliveries
        from unnest(_want, _cursor) with ordinality as w (want, above, lane),
        lateral (
            select m.id, m.deliveries from logengine.messages m
            where m.queue = _queue and m.lane = w.lane - 1 and m.due = 0 and not m.held and m.id > w.above
                and m.leased_until <= _now and (m.expires = 0 or m.expires > _now)
            order by m.id limit w.want for update skip locked) as x
        where w.want > 0
    )
    select array_agg(t.id order by t.id) filter (where _most = 0 or t.deliveries < _most),
        array_agg(t.lane::integer - 1 order by t.id) filter (where _most = 0 or t.deliveries < _most),
        array_agg(t.id) filter (where _most > 0 and t.deliveries >= _most)
    into _ids, _lanes, _dead from taken t;

    if _dead is not null then
        _buried := logengine.bury(_queue, _dead, _dead_reason, false);
    end if;

    place := 0;
    id := _buried;
    lane := _mask;
    deliveries := case when _moved > 0 or _buried > 0 or _expired = 1000 then 1 else 0 end;
    enqueued := _expired;
    had_lease := _whole;
    return next;

    return query
    with ranked as (
        select a.id, a.lane, row_number() over (partition by a.lane order by a.id) as k
        from unnest(_ids, _lanes) as a (id, lane)
    ), places as (
        select o.lane, o.at, row_number() over (partition by o.lane order by o.at) as k
        from unnest(_order) with ordinality as o (lane, at)
    ), chosen as materialized (
        select r.id, p.at::integer as at, b.lease_open <> 0 as had_lease
        from ranked r join places p on p.lane = r.lane and p.k = r.k
        join logengine.messages b on b.queue = _queue and b.id = r.id
    )
    update logengine.messages m
    set leased_until = _now + _lease[c.at], lease_open = _open, lease_number = _first + c.at - 1,
        deliveries = m.deliveries + 1
    from chosen c
    where m.queue = _queue and m.id = c.id
    returning c.at, m.id, m.lane::integer, m.deliveries, m.enqueued, c.had_lease, m.sum, m.headers, m.body,
        m.grp;
end $$;

-- Gives back leases that were never handed out, or whose holder goes. Uncounted: the delivery did not happen. The ids
-- are null where nobody knows what a lost claim has leased: then the whole queue is looked through.
create or replace function logengine.release(
    _queue integer, _open bigint, _first bigint, _last bigint, _id bigint[], _counted boolean) returns void
language plpgsql volatile as $$
begin
    -- Each with a plan of its own: one for both would always look through the queue.
    if _id is null then
        update logengine.messages m
        set leased_until = 0, lease_open = 0, lease_number = 0,
            deliveries = m.deliveries - case when _counted then 0 else 1 end
        where m.queue = _queue and m.lease_open = _open and m.lease_number between _first and _last;
    else
        update logengine.messages m
        set leased_until = 0, lease_open = 0, lease_number = 0,
            deliveries = m.deliveries - case when _counted then 0 else 1 end
        where m.queue = _queue and m.id = any (_id)
            and m.lease_open = _open and m.lease_number between _first and _last;
    end if;
end $$;

-- Which of these leases, of one open, have expired: state 1: it is current, and ends in so many ticks; 2: it has
-- expired; 0: there is neither the lease nor a trace of its end, so it was settled, given back, purged, or the message
-- has been settled under another lease. One that is found expired is taken from its holder by turning its number, so
-- that a settlement that was begun before its end and comes later is refused; and so is found again where the answer
-- is lost.
create or replace function logengine.expire_leases(
    _queue integer, _open bigint, _id bigint[], _number bigint[], _deliveries integer[], _dead_reason bytea)
returns table (at integer, state integer, left_ticks bigint)
language plpgsql volatile as $$
declare
    _now constant bigint := logengine.now_ticks();
begin
    perform set_config('synchronous_commit', 'off', true);
    update logengine.messages m set lease_number = -m.lease_number
    from unnest(_id, _number) as u (id, number)
    where m.queue = _queue and m.id = u.id and m.lease_open = _open and m.lease_number = u.number
        and m.leased_until <= _now;
    return query
    select u.at::integer,
        case
            when m.lease_open = _open and m.lease_number = u.number then 1
            when m.lease_open = _open and m.lease_number = -u.number then 2
            when coalesce(m.deliveries, d.deliveries) > u.deliveries then 2
            when substring(d.reason from 1 for octet_length(_dead_reason)) = _dead_reason then 2
            else 0
        end,
        coalesce(m.leased_until, 0) - _now
    from unnest(_id, _number, _deliveries) with ordinality as u (id, number, deliveries, at)
    left join logengine.messages m on m.queue = _queue and m.id = u.id
    left join logengine.dead d on d.queue = _queue and d.id = u.id;
end $$;

-- Enqueues a dead letter anew. Code 0: there is none; 1: done; 2: no room.
create or replace function logengine.replay(
    _part integer, _queue integer, _id bigint, _life bigint,
    _max_count bigint, _max_bytes bigint, _drop boolean, out code integer, out new_id bigint)
language plpgsql volatile as $$
declare
    _letter record;
begin
    new_id := 0;
    begin
        delete from logengine.dead d where d.queue = _queue and d.id = _id returning d.* into _letter;
        if not found then
            code := 0;
            perform logengine.answered(_part, code, new_id);
            return;
        end if;
        select e.ids[1] into new_id from logengine.enqueue_checked(
            _part, _queue, array[_letter.lane], array[0::bigint], array[0::bigint], array[_life],
            array[_letter.sum], array[_letter.headers], array[_letter.body], array[_letter.grp],
            array[null::bytea], 0,
            _max_count, _max_bytes, _drop, false) e;
        code := 1;
    exception when sqlstate 'LE001' then
        code := 2;
    end;
    perform logengine.answered(_part, code, new_id);
end $$;

-- Removes what has expired, a part at a time, and rows of clients that are long gone.
create or replace function logengine.sweep(_most integer) returns integer
language plpgsql volatile as $$
declare
    _now constant bigint := logengine.now_ticks();
    _keyspaces integer[];
    _ks integer;
    _version bigint := 0;
    _count integer := 0;
    _more integer;
begin
    if not pg_try_advisory_xact_lock('logengine.clients'::regclass::oid::integer, 0) then
        return 0;
    end if;
    select array_agg(distinct x.ks order by x.ks) into _keyspaces from (
        select e.ks from logengine.kv e where e.expires <> 0 and e.expires <= _now limit _most) as x;
    if _keyspaces is not null then
        foreach _ks in array _keyspaces loop
            perform pg_advisory_xact_lock_shared('logengine.kv'::regclass::oid::integer, _ks);
        end loop;
        perform logengine.order_commits(_keyspaces, '{}', '{}');
        if coalesce(current_setting('logengine.recorded', true), '') <> '' then
            _version := nextval('logengine.versions');
        end if;
        with gone as (
            -- By their places, as they are locked: joined by keys, with a limit that is not known to it, the planner
            -- may go through all keys instead.
            delete from logengine.kv t where t.ctid = any (array(
                select e.ctid from logengine.kv e
                where e.expires <> 0 and e.expires <= _now and e.ks = any (_keyspaces)
                limit _most for update skip locked))
            returning t.ks, t.key
        ), numbered as (
            select g.ks, g.key, row_number() over (order by g.ks, g.key) as n from gone g
        ), recorded as (
            insert into logengine.changes (ks, number, part, id, kind, key, upto, version, expires, sum, at)
            select g.ks, r.number, -1, g.n, 2, g.key, '', _version + g.n - 1, 0, 0, clock_timestamp()
            from numbered g join logengine.recorded() r on r.ks = g.ks
        )
        select count(*) into _count from gone;
    end if;
    delete from logengine.duplicates d where d.ctid = any (array(
        select e.ctid from logengine.duplicates e where e.expires <= _now
        limit _most for update skip locked));
    get diagnostics _more = row_count;
    delete from logengine.clients where seen < now() - interval '7 days';
    return _count + _more;
end $$;
