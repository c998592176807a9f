using System.Globalization;
using LogEngine.CrashWriter;

namespace LogEngine.CrashSim.Processes;

/// <summary>What is known of a log from outside: the oracle of the kill tests.</summary>
internal sealed class Journal
{
    private readonly Dictionary<long, Stamp> _acknowledged = [];
    private readonly Dictionary<long, Stamp> _seen = [];

    /// <summary>Acknowledged, but for less than what then happened.</summary>
    private readonly Dictionary<long, Stamp> _hoped = [];
    private long _mayStartAt = 1;
    private long _startsAtLeastAt = 1;

    /// <summary>Records acknowledged so far.</summary>
    internal int Acknowledged => _acknowledged.Count;

    /// <summary>Takes in what a child said before it ended.</summary>
    /// <param name="run">Number of its run.</param>
    /// <param name="lines">What it said.</param>
    /// <param name="survives">
    /// What was acknowledged at this level or above must have survived its end; null for nothing.
    /// </param>
    internal void Note(
        int run, IEnumerable<string> lines, Durability? survives = Durability.ProcessCrash)
    {
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            long[] numbers = [.. words.Skip(1).Select(
                w => long.TryParse(w, CultureInfo.InvariantCulture, out long n) ? n : -1)];
            switch (words[0])
            {
                case "ack":
                    Dictionary<long, Stamp> known =
                        (Durability)numbers[4] >= survives ? _acknowledged : _hoped;
                    for (int i = 0; i < numbers[1]; i++)
                    {
                        known[numbers[0] + i] = new Stamp(
                            run, (int)numbers[2], (int)numbers[3], i, (int)numbers[1]);
                    }

                    break;
                case "truncating":
                    _mayStartAt = Math.Max(_mayStartAt, numbers[0]);
                    break;
                case "truncated" when survives is not null:
                    _startsAtLeastAt = Math.Max(_startsAtLeastAt, numbers[0]);
                    break;
            }
        }
    }

    /// <summary>Compares a recovered log with everything that is known.</summary>
    internal void Check(WriteAheadLog log)
    {
        long first = log.FirstSequence;
        Assert.InRange(first, _startsAtLeastAt, _mayStartAt);
        List<Stamp> found = Read(log, first);
        Assert.Equal(log.LastSequence, first + found.Count - 1);
        foreach ((long sequence, Stamp stamp) in _acknowledged.Concat(_seen))
        {
            if (sequence >= first)
            {
                Assert.True(
                    sequence - first < found.Count, $"{sequence}, acknowledged or seen, is lost");
                Assert.Equal(stamp, found[(int)(sequence - first)]);
            }
        }

        foreach ((long sequence, Stamp stamp) in _hoped)
        {
            if (sequence >= first && sequence - first < found.Count)
            {
                Assert.Equal(stamp, found[(int)(sequence - first)]);
            }
        }

        Assert.Equal(found.Count, found.Distinct().Count());
        CheckBatches(found, startsCut: first > 1);
        Remember(found, first);
    }

    private static List<Stamp> Read(WriteAheadLog log, long first)
    {
        List<Stamp> found = [];
        using LogReader reader = log.OpenReader(first);
        while (reader.TryRead(out StoredRecord record))
        {
            Assert.Equal(first + found.Count, record.Sequence);
            Stamp? stamp = Stamp.TryDecode(record.Payload);
            Assert.True(stamp is not null, $"record {record.Sequence} was never appended");
            found.Add(stamp.Value);
        }

        return found;
    }

    /// <summary>A batch stands there whole, unless truncation has cut its beginning.</summary>
    private static void CheckBatches(List<Stamp> found, bool startsCut)
    {
        int at = 0;
        while (startsCut && at < found.Count && found[at].Index > 0)
        {
            at++;
        }

        while (at < found.Count)
        {
            Stamp begin = found[at];
            for (int i = 0; i < begin.Count; i++, at++)
            {
                Assert.True(at < found.Count, $"the batch of {begin} is cut");
                Assert.Equal(begin with { Index = i }, found[at]);
            }
        }
    }

    private void Remember(List<Stamp> found, long first)
    {
        // What is not there now is gone for good, and its sequences are given again.
        _hoped.Clear();
        _seen.Clear();
        for (int i = 0; i < found.Count; i++)
        {
            _seen[first + i] = found[i];
        }

        foreach (long gone in _acknowledged.Keys.Where(s => s < first).ToArray())
        {
            _acknowledged.Remove(gone);
        }
    }
}
