select logengine.sweep($1)
