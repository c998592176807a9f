-- What a database or a role has set for itself must not change what a statement means here.
select
    (select system_identifier from pg_control_system()),
    -- The timeline that a primary writes to.
    case when pg_is_in_recovery() then 0
        else ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint end,
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('default_transaction_read_only', 'off', false),
    set_config('default_transaction_deferrable', 'off', false),
    set_config('lock_timeout', '0', false),
    set_config('statement_timeout', '0', false),
    set_config('plan_cache_mode', 'force_generic_plan', false),
    set_config('jit', 'off', false),
    -- Every statement here goes by an index; tables that have just been made have no statistics to say so.
    set_config('enable_seqscan', 'off', false),
    set_config('enable_bitmapscan', 'off', false),
    set_config('synchronous_commit',
        case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end,
        false)
