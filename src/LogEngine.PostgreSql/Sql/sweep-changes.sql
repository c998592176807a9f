select logengine.sweep_changes($1)
