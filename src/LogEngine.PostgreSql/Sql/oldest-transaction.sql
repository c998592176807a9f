-- Of this database: what a role may not see of others counts as young.
select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::bigint
from pg_stat_activity where datname = current_database() and backend_xmin is not null
