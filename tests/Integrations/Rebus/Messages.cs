namespace LogEngine.RebusTests;

/// <summary>Something to be done.</summary>
public sealed record Work(int Number);

/// <summary>What says that it was.</summary>
public sealed record Done(int Number);
