select logengine.finish($1, $2, $3, $4)
