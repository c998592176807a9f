--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: logengine; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA logengine;


--
-- Name: acknowledge(integer, integer[], bigint[], bigint[], bigint[]); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.acknowledge(_part integer, _queue integer[], _id bigint[], _open bigint[], _number bigint[]) RETURNS integer[]
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: answered(integer, integer, bigint); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.answered(_part integer, _code integer, _number bigint) RETURNS void
    LANGUAGE sql
    AS $$
    select set_config('logengine.answers',
        coalesce(current_setting('logengine.answers', true), '')
        || _part || ' ' || _code || ' ' || _number || ';', true)
$$;


--
-- Name: apply(integer, smallint[], integer[], bytea[], bytea[], bigint, bigint[], bigint[], integer[], bytea[], bigint[], integer[], bigint[], bigint[], bigint[], integer[], bigint[]); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.apply(_part integer, _kind smallint[], _ks integer[], _key bytea[], _value bytea[], _version bigint, _expires bigint[], _sum bigint[], _if_ks integer[], _if_key bytea[], _if_version bigint[], _lease_queue integer[], _lease_id bigint[], _lease_open bigint[], _lease_number bigint[], _delete_queue integer[], _delete_id bigint[], OUT code integer, OUT actual bigint, OUT hit bigint, OUT deleted integer[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
declare
    _now constant bigint := logengine.now_ticks();
    _there record;
    _at integer;
    _held integer[] := '{}';
    _found bigint;
    _before bigint[] := '{}';
begin
    code := -1;
    actual := 0;
    hit := 0;
    deleted := '{}';

    -- The commonest request has a statement of its own: one key, written if it is as it was.
    if cardinality(_kind) = 1 and cardinality(_if_ks) = 1 and _kind[1] = 1 and cardinality(_lease_id) = 0
        and cardinality(_delete_id) = 0 and _ks[1] = _if_ks[1] and _key[1] = _if_key[1] then
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
                        and (_value[_at] = '' or t.key < _value[_at]);
                when 7 then
                    update logengine.kv t set expires = _expires[_at]
                    where t.ks = _ks[_at] and t.key = _key[_at] and t.version = _before[_at];
                    hit := case when found then 1 else 0 end;
                when 6 then
                    update logengine.keyspaces set alive = false where id = _ks[_at] and alive;
                    hit := case when found then 1 else 0 end;
                    delete from logengine.kv t where t.ks = _ks[_at];
            end case;
        end loop;
    end if;

    if cardinality(_held) > 0 then
        delete from logengine.kv t using unnest(_held) as h (at)
        where t.ks = _if_ks[h.at] and t.key = _if_key[h.at] and t.version = 0;
    end if;
    if code >= 0 or hit <> 0 or cardinality(deleted) > 0 then
        perform logengine.answered(_part, code, case when code >= 0 then actual else hit end);
    end if;
end $$;


--
-- Name: apply_and_enqueue(integer, smallint[], integer[], bytea[], bytea[], bigint, bigint[], bigint[], integer[], bytea[], bigint[], integer[], bigint[], bigint[], bigint[], integer[], bigint[], integer[], smallint[], bigint[], bigint[], bigint[], bigint[], bytea[], bytea[], bytea[], bytea[], bigint[], bigint[], bigint[], boolean[]); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.apply_and_enqueue(_part integer, _kind smallint[], _ks integer[], _key bytea[], _value bytea[], _version bigint, _expires bigint[], _sum bigint[], _if_ks integer[], _if_key bytea[], _if_version bigint[], _lease_queue integer[], _lease_id bigint[], _lease_open bigint[], _lease_number bigint[], _delete_queue integer[], _delete_id bigint[], _queue integer[], _lane smallint[], _due bigint[], _delay bigint[], _life bigint[], _message_sum bigint[], _headers bytea[], _body bytea[], _group bytea[], _unique bytea[], _window bigint[], _max_count bigint[], _max_bytes bigint[], _drop boolean[], OUT code integer, OUT actual bigint, OUT hit bigint, OUT deleted integer[], OUT ids bigint[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
declare
    _at integer := 0;
    _applied text;
    _enqueued bigint[];
    _before constant text := coalesce(current_setting('logengine.answers', true), '');
begin
    -- A subtransaction: where a message is refused, nothing of the request is left.
    begin
        select * into code, actual, hit, deleted from logengine.apply(
            _part, _kind, _ks, _key, _value, _version, _expires, _sum, _if_ks, _if_key, _if_version,
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


--
-- Name: bury(integer, bigint[], bytea, boolean); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.bury(_queue integer, _id bigint[], _reason bytea, _unreadable boolean) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: claim(integer, bigint[], integer[], integer, bigint[], bigint, bigint, integer, boolean, boolean, bytea); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.claim(_queue integer, _cursor bigint[], _passed integer[], _starvation integer, _lease bigint[], _open bigint, _first bigint, _most integer, _whole boolean, _eager boolean, _dead_reason bytea) RETURNS TABLE(place integer, id bigint, lane integer, deliveries integer, enqueued bigint, had_lease boolean, sum bigint, headers bytea, body bytea, grp bytea)
    LANGUAGE plpgsql
    AS $$
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
    deliveries := case when _moved > 0 or _buried > 0 then 1 else 0 end;
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


--
-- Name: decide(bigint, bigint); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.decide(_client bigint, _number bigint, OUT is_committed boolean, OUT answers bytea) RETURNS record
    LANGUAGE plpgsql
    SET lock_timeout TO '3s'
    AS $$
begin
    update logengine.clients c set number = _number, answers = '', seen = now()
    where c.id = _client and c.number = _number - 1;
    if found then
        is_committed := false;
        return;
    end if;
    select true, c.answers into is_committed, answers from logengine.clients c
    where c.id = _client and c.number = _number;
    is_committed := coalesce(is_committed, false);
end $$;


--
-- Name: delete_message(integer, bigint); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.delete_message(_queue integer, _id bigint) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: enqueue(integer, integer[], smallint[], bigint[], bigint[], bigint[], bigint[], bytea[], bytea[], bytea[]); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.enqueue(_part integer, _queue integer[], _lane smallint[], _due bigint[], _delay bigint[], _life bigint[], _sum bigint[], _headers bytea[], _body bytea[], _group bytea[]) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: enqueue_checked(integer, integer, smallint[], bigint[], bigint[], bigint[], bigint[], bytea[], bytea[], bytea[], bytea[], bigint, bigint, bigint, boolean, boolean); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.enqueue_checked(_part integer, _queue integer, _lane smallint[], _due bigint[], _delay bigint[], _life bigint[], _sum bigint[], _headers bytea[], _body bytea[], _group bytea[], _unique bytea[], _window bigint, _max_count bigint, _max_bytes bigint, _drop boolean, _all boolean, OUT code integer, OUT dropped integer, OUT ids bigint[], OUT is_new boolean[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: enter(integer[], integer[]); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.enter(_shared integer[], _alone integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
    update logengine.keyspaces set alive = true where id = any (_shared) and not alive;
end $$;


--
-- Name: enter_groups(integer[], bytea[]); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.enter_groups(_queue integer[], _group bytea[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: finish(bigint, bigint, text, boolean); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.finish(_client bigint, _number bigint, _level text, _two boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: joins_group(); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.joins_group() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform logengine.enter_groups(array[new.queue], array[new.grp]);
    new.held := exists (
        select 1 from logengine.messages m where m.queue = new.queue and m.grp = new.grp);
    return new;
end $$;


--
-- Name: leaves_group(); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.leaves_group() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform logengine.enter_groups(array[old.queue], array[old.grp]);
    update logengine.messages m set held = false
    where m.queue = old.queue and m.held and m.id = (
        select n.id from logengine.messages n
        where n.queue = old.queue and n.grp = old.grp order by n.id limit 1);
    return null;
end $$;


--
-- Name: make_room(integer, bigint, bigint, bigint, bigint, boolean); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.make_room(_queue integer, _count bigint, _bytes bigint, _max_count bigint, _max_bytes bigint, _drop boolean) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: now_ticks(); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.now_ticks() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select 621355968000000000 + (extract(epoch from statement_timestamp()) * 10000000)::bigint
$$;


--
-- Name: release(integer, bigint, bigint, bigint, bigint[], boolean); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.release(_queue integer, _open bigint, _first bigint, _last bigint, _id bigint[], _counted boolean) RETURNS void
    LANGUAGE sql
    AS $$
    update logengine.messages m
    set leased_until = 0, lease_open = 0, lease_number = 0,
        deliveries = m.deliveries - case when _counted then 0 else 1 end
    where m.queue = _queue and m.lease_open = _open and m.lease_number between _first and _last
        and (_id is null or m.id = any (_id))
$$;


--
-- Name: replay(integer, integer, bigint, bigint, bigint, bigint, boolean); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.replay(_part integer, _queue integer, _id bigint, _life bigint, _max_count bigint, _max_bytes bigint, _drop boolean, OUT code integer, OUT new_id bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: settle(integer, integer, integer, bigint, bigint, bigint, bigint, integer, bytea); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.settle(_part integer, _what integer, _queue integer, _id bigint, _open bigint, _number bigint, _ticks bigint, _most integer, _reason bytea, OUT code integer, OUT number bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: sweep(integer); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.sweep(_most integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    _now constant bigint := logengine.now_ticks();
    _count integer;
    _more integer;
begin
    if not pg_try_advisory_xact_lock('logengine.clients'::regclass::oid::integer, 0) then
        return 0;
    end if;
    delete from logengine.kv t using (
        select e.ks, e.key from logengine.kv e where e.expires <> 0 and e.expires <= _now
        limit _most for update skip locked) as x
    where t.ks = x.ks and t.key = x.key;
    get diagnostics _count = row_count;
    delete from logengine.duplicates d using (
        select e.queue, e.id from logengine.duplicates e where e.expires <= _now
        limit _most for update skip locked) as x
    where d.queue = x.queue and d.id = x.id;
    get diagnostics _more = row_count;
    delete from logengine.clients where seen < now() - interval '7 days';
    return _count + _more;
end $$;


--
-- Name: try_enqueue(integer, integer, smallint[], bigint[], bigint[], bigint[], bigint[], bytea[], bytea[], bytea[], bytea[], bigint, bigint, bigint, boolean); Type: FUNCTION; Schema: logengine; Owner: -
--

CREATE FUNCTION logengine.try_enqueue(_part integer, _queue integer, _lane smallint[], _due bigint[], _delay bigint[], _life bigint[], _sum bigint[], _headers bytea[], _body bytea[], _group bytea[], _unique bytea[], _window bigint, _max_count bigint, _max_bytes bigint, _drop boolean, OUT code integer, OUT dropped integer, OUT ids bigint[], OUT is_new boolean[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
begin
    select * into code, dropped, ids, is_new from logengine.enqueue_checked(
        _part, _queue, _lane, _due, _delay, _life, _sum, _headers, _body, _group, _unique, _window,
        _max_count, _max_bytes, _drop, false);
exception when sqlstate 'LE001' then
    code := 1;
    dropped := 0;
    perform logengine.answered(_part, -2, 0);
end $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: about; Type: TABLE; Schema: logengine; Owner: -
--

CREATE TABLE logengine.about (
    one boolean DEFAULT true NOT NULL,
    version integer NOT NULL,
    CONSTRAINT about_one_check CHECK (one)
);


--
-- Name: clients; Type: TABLE; Schema: logengine; Owner: -
--

CREATE TABLE logengine.clients (
    id bigint NOT NULL,
    number bigint NOT NULL,
    answers bytea NOT NULL,
    seen timestamp with time zone NOT NULL
)
WITH (fillfactor='30', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0');


--
-- Name: dead; Type: TABLE; Schema: logengine; Owner: -
--

CREATE TABLE logengine.dead (
    queue integer NOT NULL,
    id bigint NOT NULL,
    lane smallint NOT NULL,
    enqueued bigint NOT NULL,
    died bigint NOT NULL,
    deliveries integer NOT NULL,
    reason bytea NOT NULL,
    unreadable boolean NOT NULL,
    sum bigint NOT NULL,
    headers bytea,
    body bytea NOT NULL,
    grp bytea
);
ALTER TABLE ONLY logengine.dead ALTER COLUMN body SET STORAGE EXTERNAL;


--
-- Name: duplicates; Type: TABLE; Schema: logengine; Owner: -
--

CREATE TABLE logengine.duplicates (
    queue integer NOT NULL,
    id bytea NOT NULL,
    message bigint NOT NULL,
    expires bigint NOT NULL
);


--
-- Name: keyspaces; Type: TABLE; Schema: logengine; Owner: -
--

CREATE TABLE logengine.keyspaces (
    id integer NOT NULL,
    name bytea NOT NULL,
    alive boolean NOT NULL
);


--
-- Name: keyspaces_id_seq; Type: SEQUENCE; Schema: logengine; Owner: -
--

ALTER TABLE logengine.keyspaces ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME logengine.keyspaces_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: kv; Type: TABLE; Schema: logengine; Owner: -
--

CREATE TABLE logengine.kv (
    ks integer NOT NULL,
    key bytea NOT NULL,
    version bigint NOT NULL,
    expires bigint NOT NULL,
    sum bigint NOT NULL,
    value bytea NOT NULL
)
WITH (fillfactor='85', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_insert_scale_factor='0.1', autovacuum_analyze_scale_factor='0.05');
ALTER TABLE ONLY logengine.kv ALTER COLUMN value SET STORAGE EXTERNAL;


--
-- Name: message_ids; Type: SEQUENCE; Schema: logengine; Owner: -
--

CREATE SEQUENCE logengine.message_ids
    START WITH 1
    INCREMENT BY 1024
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: messages; Type: TABLE; Schema: logengine; Owner: -
--

CREATE TABLE logengine.messages (
    queue integer NOT NULL,
    id bigint NOT NULL,
    lane smallint NOT NULL,
    due bigint NOT NULL,
    expires bigint NOT NULL,
    enqueued bigint NOT NULL,
    leased_until bigint DEFAULT 0 NOT NULL,
    lease_open bigint DEFAULT 0 NOT NULL,
    lease_number bigint DEFAULT 0 NOT NULL,
    deliveries integer DEFAULT 0 NOT NULL,
    sum bigint NOT NULL,
    headers bytea,
    body bytea NOT NULL,
    grp bytea,
    held boolean DEFAULT false NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_threshold='2000', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05');
ALTER TABLE ONLY logengine.messages ALTER COLUMN body SET STORAGE EXTERNAL;


--
-- Name: queues; Type: TABLE; Schema: logengine; Owner: -
--

CREATE TABLE logengine.queues (
    id integer NOT NULL,
    name bytea NOT NULL,
    used boolean NOT NULL
);


--
-- Name: queues_id_seq; Type: SEQUENCE; Schema: logengine; Owner: -
--

ALTER TABLE logengine.queues ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME logengine.queues_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: versions; Type: SEQUENCE; Schema: logengine; Owner: -
--

CREATE SEQUENCE logengine.versions
    START WITH 1
    INCREMENT BY 1048576
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Data for Name: about; Type: TABLE DATA; Schema: logengine; Owner: -
--

INSERT INTO logengine.about VALUES (true, 1);


--
-- Data for Name: clients; Type: TABLE DATA; Schema: logengine; Owner: -
--



--
-- Data for Name: dead; Type: TABLE DATA; Schema: logengine; Owner: -
--

INSERT INTO logengine.dead VALUES (1, 1, 4, 639316352878060060, 639316352878947190, 1, '\x69742064696564', false, 2264473240585659590, NULL, '\x64696573', NULL);


--
-- Data for Name: duplicates; Type: TABLE DATA; Schema: logengine; Owner: -
--

INSERT INTO logengine.duplicates VALUES (1, '\x6f6e6365', 3073, 3155378975999999999);


--
-- Data for Name: keyspaces; Type: TABLE DATA; Schema: logengine; Owner: -
--

INSERT INTO logengine.keyspaces OVERRIDING SYSTEM VALUE VALUES (1, '\x6b657973', true);
INSERT INTO logengine.keyspaces OVERRIDING SYSTEM VALUE VALUES (2, '\x64726f70706564', false);


--
-- Data for Name: kv; Type: TABLE DATA; Schema: logengine; Owner: -
--

INSERT INTO logengine.kv VALUES (1, '\x61', 1, 0, -918784928655673175, '\x31');
INSERT INTO logengine.kv VALUES (1, '\x62', 2, 0, 2155417338076496272, '\x32');
INSERT INTO logengine.kv VALUES (1, '\x65787069726573', 3, 946077408000000000, -4249046800101952231, '\x33');


--
-- Data for Name: messages; Type: TABLE DATA; Schema: logengine; Owner: -
--

INSERT INTO logengine.messages VALUES (1, 1025, 4, 0, 0, 639316352879114410, 0, 0, 0, 0, 1521435623512638778, '\x010001006876', '\x6669727374', '\x67', false);
INSERT INTO logengine.messages VALUES (1, 2049, 4, 0, 0, 639316352879172610, 0, 0, 0, 0, 133114952617621905, NULL, '\x7365636f6e64', '\x67', true);
INSERT INTO logengine.messages VALUES (1, 3073, 4, 0, 0, 639316352879284100, 0, 0, 0, 0, 4697118794730391133, NULL, '\x706c61696e', NULL, false);


--
-- Data for Name: queues; Type: TABLE DATA; Schema: logengine; Owner: -
--

INSERT INTO logengine.queues OVERRIDING SYSTEM VALUE VALUES (1, '\x6a6f6273', true);


--
-- Name: keyspaces_id_seq; Type: SEQUENCE SET; Schema: logengine; Owner: -
--

SELECT pg_catalog.setval('logengine.keyspaces_id_seq', 2, true);


--
-- Name: message_ids; Type: SEQUENCE SET; Schema: logengine; Owner: -
--

SELECT pg_catalog.setval('logengine.message_ids', 3073, true);


--
-- Name: queues_id_seq; Type: SEQUENCE SET; Schema: logengine; Owner: -
--

SELECT pg_catalog.setval('logengine.queues_id_seq', 1, true);


--
-- Name: versions; Type: SEQUENCE SET; Schema: logengine; Owner: -
--

SELECT pg_catalog.setval('logengine.versions', 1, true);


--
-- Name: about about_pkey; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.about
    ADD CONSTRAINT about_pkey PRIMARY KEY (one);


--
-- Name: clients clients_pkey; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.clients
    ADD CONSTRAINT clients_pkey PRIMARY KEY (id);


--
-- Name: dead dead_pkey; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.dead
    ADD CONSTRAINT dead_pkey PRIMARY KEY (queue, id);


--
-- Name: duplicates duplicates_pkey; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.duplicates
    ADD CONSTRAINT duplicates_pkey PRIMARY KEY (queue, id);


--
-- Name: keyspaces keyspaces_name_key; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.keyspaces
    ADD CONSTRAINT keyspaces_name_key UNIQUE (name);


--
-- Name: keyspaces keyspaces_pkey; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.keyspaces
    ADD CONSTRAINT keyspaces_pkey PRIMARY KEY (id);


--
-- Name: kv kv_pkey; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.kv
    ADD CONSTRAINT kv_pkey PRIMARY KEY (ks, key);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (queue, id);


--
-- Name: queues queues_name_key; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.queues
    ADD CONSTRAINT queues_name_key UNIQUE (name);


--
-- Name: queues queues_pkey; Type: CONSTRAINT; Schema: logengine; Owner: -
--

ALTER TABLE ONLY logengine.queues
    ADD CONSTRAINT queues_pkey PRIMARY KEY (id);


--
-- Name: duplicates_expiry; Type: INDEX; Schema: logengine; Owner: -
--

CREATE INDEX duplicates_expiry ON logengine.duplicates USING btree (expires);


--
-- Name: kv_expiry; Type: INDEX; Schema: logengine; Owner: -
--

CREATE INDEX kv_expiry ON logengine.kv USING btree (expires) WHERE (expires <> 0);


--
-- Name: messages_due; Type: INDEX; Schema: logengine; Owner: -
--

CREATE INDEX messages_due ON logengine.messages USING btree (queue, due) WHERE (due <> 0);


--
-- Name: messages_expiry; Type: INDEX; Schema: logengine; Owner: -
--

CREATE INDEX messages_expiry ON logengine.messages USING btree (queue, expires) WHERE (expires <> 0);


--
-- Name: messages_group; Type: INDEX; Schema: logengine; Owner: -
--

CREATE INDEX messages_group ON logengine.messages USING btree (queue, grp, id) WHERE (grp IS NOT NULL);


--
-- Name: messages_ready; Type: INDEX; Schema: logengine; Owner: -
--

CREATE INDEX messages_ready ON logengine.messages USING btree (queue, lane, id) WHERE ((due = 0) AND (NOT held));


--
-- Name: messages joins_group; Type: TRIGGER; Schema: logengine; Owner: -
--

CREATE TRIGGER joins_group BEFORE INSERT ON logengine.messages FOR EACH ROW WHEN ((new.grp IS NOT NULL)) EXECUTE FUNCTION logengine.joins_group();


--
-- Name: messages leaves_group; Type: TRIGGER; Schema: logengine; Owner: -
--

CREATE TRIGGER leaves_group AFTER DELETE ON logengine.messages FOR EACH ROW WHEN (((old.grp IS NOT NULL) AND (NOT old.held))) EXECUTE FUNCTION logengine.leaves_group();


--
-- PostgreSQL database dump complete
--


