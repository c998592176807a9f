// What a process allocates, and how long it takes, is looked at: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
