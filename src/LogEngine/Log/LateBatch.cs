namespace LogEngine.Log;

/// <summary>
/// Records that may be written or not, which is decided when their group is sealed: in commit order,
/// with everything before them in view. They wait in a side list of the group and hold room in it;
/// only then they get bytes and sequences, behind those that were reserved.
/// </summary>
/// <remarks>
/// Everything here is called by whoever has the commit role, once, and must not block, nor run a
/// caller's code.
/// </remarks>
internal abstract class LateBatch
{
    protected LateBatch(LogBatch records) => Records = records;

    /// <summary>The records; they do not change until the append is complete.</summary>
    internal LogBatch Records { get; }

    /// <summary>Whether anything of it is written; all conditions before any of its writes.</summary>
    internal abstract bool Judge();

    /// <summary>After <see cref="Judge"/> said yes: whether that record is written.</summary>
    internal virtual bool Keeps(int record) => true;
}
