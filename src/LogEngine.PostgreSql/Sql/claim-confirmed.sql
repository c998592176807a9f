-- After a claim, in its transaction: it ends once the standby has it, if there has to be one.
select set_config('synchronous_commit', 'remote_write', true)
