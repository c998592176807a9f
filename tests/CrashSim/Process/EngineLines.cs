using System.Globalization;
using LogEngine.CrashWriter;
using LogEngine.Format;
using LogEngine.Testing.Model;

namespace LogEngine.CrashSim.Processes;

/// <summary>
/// What is known of an engine from outside, by what its writers said: the oracle of the tests with
/// real processes. The judging itself is that of the simulated ones.
/// </summary>
internal sealed class EngineLines
{
    private readonly List<Said> _said = [];
    private EngineModel _start = new();
    private long _startSequence;

    /// <summary>Batches acknowledged so far, in all runs.</summary>
    internal int Acknowledged { get; private set; }

    /// <summary>Of those, as durable as can be.</summary>
    internal int AcknowledgedDurable { get; private set; }

    /// <summary>Takes in what a child said before it ended.</summary>
    /// <param name="run">Number of its run.</param>
    /// <param name="lines">What it said.</param>
    /// <param name="promised">
    /// So many of the lines are promises: those said after a power cut had begun are none.
    /// </param>
    internal void Note(int run, IReadOnlyList<string> lines, int promised = int.MaxValue)
    {
        Dictionary<(string Writer, string Counter), Said> open = [];
        bool faulted = false;
        foreach ((int at, string line) in lines.Index())
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "try":
                    Said said = Said.Of(run, words, afterFault: faulted);
                    open[(words[1], words[2])] = said;
                    _said.Add(said);
                    break;
                case "ack":
                    // What was begun before may be told of after the fault of another.
                    Said done = open[(words[1], words[2])];
                    Assert.False(done.AfterFault, $"acknowledged after a fault: {line}");
                    done.Applied = new SequenceRange(Number(words[3]), Number(words[4]));
                    done.Durability = at < promised ? done.Durability : Durability.None;
                    Acknowledged++;
                    AcknowledgedDurable += done.Durability == Durability.PowerLoss ? 1 : 0;
                    break;
                case "refused":
                    Assert.True(words[3] is nameof(StorageFullException)
                        or nameof(StorageIOException), string.Join(' ', words));
                    open[(words[1], words[2])].Refused = true;
                    break;
                case "faulted":
                    faulted = true;
                    break;
            }
        }
    }

    /// <summary>
    /// Compares an engine that has been opened after a death with all that is known; from here on
    /// what it shows is what there is.
    /// </summary>
    /// <param name="engine">The engine; nothing is committed meanwhile.</param>
    /// <param name="survives">What was acknowledged at this level must be there.</param>
    internal void Check(EmbeddedEngine engine, Durability survives)
    {
        // Leftovers of large values are removed after opening: with sequences of their own.
        EngineState found = EngineProbe.Read(engine) with
        {
            Sequence = engine.Recovery.LastSequence,
        };
        string? problem = EngineAudit.Violation(engine, swept: true)
            ?? Expected(survives).Violation(found, killOnly: false);
        Assert.True(problem is null, problem);
        _said.Clear();
        _start = EngineModel.Of(found);
        _startSequence = found.Sequence;
    }

    /// <summary>
    /// What must and may be there. Batches that are durable and older than any of unknown outcome
    /// are folded: what is left to be ordered is little.
    /// </summary>
    private EngineExpectation Expected(Durability survives)
    {
        long must = _said.Where(s => s.Applied is not null && s.Durability >= survives)
            .Select(s => s.Applied!.Value.Last).DefaultIfEmpty(_startSequence).Max();
        long unknownFrom = _said.Where(s => s.Applied is null && !s.Refused)
            .Select(s => s.Floor).DefaultIfEmpty(long.MaxValue).Min();
        long folded = Math.Min(must, unknownFrom);
        EngineModel start = _start.Clone();
        EngineEra era = new(start, Math.Max(_startSequence, Math.Min(folded, must)));
        foreach (Said said in _said
            .OrderBy(s => s.Applied?.First ?? long.MaxValue))
        {
            SubmittedBatch batch = said.ToBatch(era.Batches.Count);
            if (said.Applied is { } given && given.Last <= folded)
            {
                Assert.Equal(SubmittedBatch.Outcome.Applied, batch.State);
                start.Apply(batch);
            }
            else
            {
                era.Add(batch);
            }
        }

        return new EngineExpectation(
            era, era.Batches.Count, must, must, DateTimeOffset.UtcNow.UtcTicks);
    }

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);

    /// <summary>A batch, and what was said of it.</summary>
    private sealed record Said(
        IReadOnlyList<ModelOperation> Operations, long Floor, bool AfterFault)
    {
        /// <summary>What it survives.</summary>
        internal required Durability Durability { get; set; }

        /// <summary>Its sequences; null where it was not acknowledged.</summary>
        internal SequenceRange? Applied { get; set; }

        /// <summary>It has certainly left nothing.</summary>
        internal bool Refused { get; set; } = AfterFault;

        internal static Said Of(int run, string[] words, bool afterFault)
        {
            Stamp stamp = new(run, (int)Number(words[1]), (int)Number(words[2]), 0, words.Length - 5);
            return new Said(
                [.. words.Skip(5).Select((word, i) => ToModel(
                    EngineChange.Parse(word), stamp with { Index = i }))],
                Number(words[3]),
                afterFault)
            {
                Durability = (Durability)Number(words[4]),
            };
        }

        internal SubmittedBatch ToBatch(int index) =>
            new(index, Operations, [], Durability, Floor, ticks: 0)
            {
                Task = Applied is { } given
                    ? Task.FromResult(new CommitResult(true, given, null))
                    : Refused ? Task.FromResult(default(CommitResult)) : null,
            };

        private static ModelOperation ToModel(EngineChange change, Stamp stamp) =>
            change.Kind switch
            {
                'p' => ModelOperation.Put(
                    change.Keyspace, change.KeyBytes, stamp.Encode(change.Length), 0),
                'd' => ModelOperation.Delete(change.Keyspace, change.KeyBytes),
                'r' => new ModelOperation(
                    OperationKind.DeleteRange,
                    change.Keyspace,
                    change.KeyBytes.ToArray(),
                    change.ToBytes.ToArray(),
                    0,
                    0),
                _ => new ModelOperation(
                    OperationKind.DropKeyspace, change.Keyspace, [], [], 0, 0),
            };
    }
}
