namespace LogEngine.IndexModel;

/// <summary>What is done to an index and its model.</summary>
internal enum IndexDo : byte
{
    Put,
    Remove,
    Move,
    MoveWrongly,
    RemoveRange,
    Publish,
    Discard,
    Pin,
    Unpin,
    Get,
    GetMany,
    Scan,
    Rebuild,
    Check,
}
