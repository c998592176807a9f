// Most of what these tests take is waiting for actors: more of them side by side than there are processors.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]
