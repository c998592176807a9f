select case when watched_until is null then 0 else epoch end, commits
from logengine.keyspaces where name = $1
