using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Which rows of the fault table a crash image belongs to, and how many there were.
/// </summary>
internal sealed class RowTally
{
    private readonly long[] _counts = new long[41];

    internal long this[int row] => _counts[row];

    internal void Add(RowTally other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            Interlocked.Add(ref _counts[i], other._counts[i]);
        }
    }

    /// <summary>Counts one image by what it keeps and drops.</summary>
    internal void Count(CrashUnits units, ReadOnlySpan<bool> keep)
    {
        bool dropped = false;
        bool droppedData = false;
        bool torn = false;
        bool hole = false;
        bool unlinkFirst = false;
        for (int i = 0; i < keep.Length; i++)
        {
            CrashUnit unit = units.Units[i];
            bool sameWrite = i > 0
                && unit.Kind == CrashUnitKind.Data
                && units.Units[i - 1] is { Kind: CrashUnitKind.Data } before
                && before.Order == unit.Order
                && before.Inode == unit.Inode;
            torn |= sameWrite && keep[i] != keep[i - 1];
            hole |= keep[i] && unit.Kind == CrashUnitKind.Data && droppedData;
            unlinkFirst |= keep[i] && dropped && unit.Name is { Added: null };
            dropped |= !keep[i];
            droppedData |= !keep[i] && unit.Kind == CrashUnitKind.Data;
            CountUnit(unit, keep[i]);
        }

        _counts[1] += torn ? 1 : 0;
        _counts[2] += hole ? 1 : 0;
        _counts[11] += unlinkFirst ? 1 : 0;
        CountSizes(units, keep);
    }

    private void CountUnit(CrashUnit unit, bool kept)
    {
        int row = (unit, kept) switch
        {
            ({ Name: { IsRename: true } }, true) => 9,
            ({ Name: { IsRename: true } }, false) => 8,
            ({ Name.Added: not null }, false) => 7,
            ({ Name: not null }, false) => 10,
            ({ Data: LengthSet }, false) => 12,
            _ => 0,
        };
        _counts[row]++;
    }

    private void CountSizes(CrashUnits units, ReadOnlySpan<bool> keep)
    {
        bool sizeFirst = false;
        bool dataFirst = false;
        for (int i = 0; i < keep.Length; i++)
        {
            CrashUnit size = units.Units[i];
            if (size.Kind != CrashUnitKind.Size)
            {
                continue;
            }

            for (int j = i + 1; j < keep.Length; j++)
            {
                CrashUnit data = units.Units[j];
                bool pair = data.Kind == CrashUnitKind.Data && data.Inode == size.Inode;
                sizeFirst |= pair && keep[i] && !keep[j];
                dataFirst |= pair && !keep[i] && keep[j];
            }
        }

        _counts[3] += sizeFirst ? 1 : 0;
        _counts[5] += dataFirst ? 1 : 0;
    }
}
