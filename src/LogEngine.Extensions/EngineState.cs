namespace LogEngine.Extensions;

/// <summary>How far an engine of an application is (<see cref="RegisteredEngine"/>).</summary>
public enum EngineState
{
    /// <summary>Nobody has asked for it yet, and the application has not started.</summary>
    NotOpened = 0,

    /// <summary>It is being opened, with its stores.</summary>
    Opening = 1,

    /// <summary>It is open. It may be faulted: <see cref="StorageEngine.Faulted"/>.</summary>
    Open = 2,

    /// <summary>Opening it failed.</summary>
    Failed = 3,

    /// <summary>It is closed, or is being closed: the application stops.</summary>
    Closed = 4,
}
