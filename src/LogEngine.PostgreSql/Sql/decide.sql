select is_committed, answers from logengine.decide($1, $2)
