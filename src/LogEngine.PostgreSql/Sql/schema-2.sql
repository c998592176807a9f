-- From version 1 to version 2: functions alone have changed.
update logengine.about set version = 2;
