select epoch, commits from logengine.watch($1, make_interval(secs => $2))
