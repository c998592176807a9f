using System.Buffers;

namespace LogEngine.Properties.EngineModels;

/// <summary>Runs a plan on an engine and on the model side by side; the first difference throws.</summary>
internal sealed class EngineModelRun
{
    private readonly EngineHost _host;
    private readonly List<(EmbeddedReadView View, ModelContents Then, DateTimeOffset At)> _views = [];
    private readonly ModelContents _model = new();
    private EmbeddedEngine _engine;
    private int _seed;

    private EngineModelRun(EngineHost host)
    {
        _host = host;
        _engine = host.Open();
    }

    /// <summary>All of a plan, then everything compared, and once more after opening again.</summary>
    internal static void Check(EnginePlan plan, EngineHost host)
    {
        EngineModelRun run = new(host);
        foreach (EngineCommand command in plan.Commands)
        {
            run.Do(command);
        }

        run.CheckViews();
        run.CheckNow();
        if (host.Reopens)
        {
            run.Reopen();
            run.CheckNow();
        }

        host.Wait(run._engine.CloseAsync().AsTask());
    }

    private static string NameOf(int number) => $"keyspace{number}";

    private void Do(EngineCommand command)
    {
        string name = NameOf(command.Keyspace);
        EmbeddedKeyspace keyspace = _engine.GetKeyspace(name);
        byte[] key = EnginePlan.Key(command.First);
        switch (command.Kind)
        {
            case EngineCommandKind.Put:
                Put(name, key, command, expiresAt: null);
                break;
            case EngineCommandKind.PutExpiring:
                Put(name, key, command, _host.Now.AddSeconds(1 + (command.Second % 4)));
                break;
            case EngineCommandKind.Delete:
                _host.Wait(keyspace.DeleteAsync(key, command.Durability));
                _model.Of(name).Remove(key);
                break;
            case EngineCommandKind.Touch:
                Touch(name, key, command);
                break;
            case EngineCommandKind.DeleteRange:
                DeleteRange(name, command);
                break;
            case EngineCommandKind.PutIfAbsent:
                PutIf(name, key, command, 0);
                break;
            case EngineCommandKind.CompareAndSet:
                PutIf(name, key, command, _model.VersionOf(name, key, _host.Now));
                break;
            case EngineCommandKind.CompareAndSetStale:
                PutIf(name, key, command, _model.VersionOf(name, key, _host.Now) + 1);
                break;
            case EngineCommandKind.Batch:
            case EngineCommandKind.ConditionalBatch:
                Batch(command);
                break;
            case EngineCommandKind.GetMany:
                GetMany(name, command);
                break;
            case EngineCommandKind.ScanRange:
                Scan(name, command);
                break;
            case EngineCommandKind.HoldView:
                _views.Add((_engine.OpenReadView(), _model.Clone(), _host.Now));
                break;
            case EngineCommandKind.CheckViews:
                CheckViews();
                break;
            case EngineCommandKind.Flush:
                long written = _engine.VisibleSequence;
                _host.Wait(_engine.FlushAsync().AsTask());
                Require(_engine.DurableSequence >= written, "what was flushed is durable");
                break;
            case EngineCommandKind.Snapshot:
                _host.Wait(_engine.SnapshotAsync());
                break;
            case EngineCommandKind.Compact:
                _host.Wait(_engine.CompactAsync());
                break;
            case EngineCommandKind.Drop:
                bool was = _host.Wait(_engine.DropKeyspaceAsync(name, command.Durability));
                Require(was == _model.Drop(name), "a drop says whether there was a keyspace");
                break;
            case EngineCommandKind.Advance:
                _host.Advance(TimeSpan.FromSeconds(1));
                break;
            case EngineCommandKind.Reopen when _host.Reopens:
                Reopen();
                break;
        }
    }

    private void Reopen()
    {
        CheckViews();
        _host.Wait(_engine.CloseAsync().AsTask());
        _engine = _host.Open();
    }

    private void Put(string name, byte[] key, EngineCommand command, DateTimeOffset? expiresAt)
    {
        byte[] value = Payloads.Of(command.Length, ++_seed);
        long version = _host.Wait(_engine.GetKeyspace(name).PutAsync(
            key, value, command.Durability, expiresAt));
        _model.Of(name)[key] = new ModelEntry(value, version, expiresAt);
        CheckOne(name, key);
    }

    /// <summary>Half of them for ever, some so that it has expired at once.</summary>
    private void Touch(string name, byte[] key, EngineCommand command)
    {
        DateTimeOffset? expiresAt =
            command.Length % 2 == 0 ? null : _host.Now.AddSeconds(command.Second % 5);
        bool there = _model.VersionOf(name, key, _host.Now) != 0;
        bool touched = _host.Wait(
            _engine.GetKeyspace(name).TouchAsync(key, expiresAt, command.Durability));
        Require(touched == there, "a touch says whether the key was there");
        if (touched)
        {
            _model.Of(name)[key] = _model.Of(name)[key] with { ExpiresAt = expiresAt };
        }

        CheckOne(name, key);
    }

    private void DeleteRange(string name, EngineCommand command)
    {
        (byte[] from, byte[] to) = Bounds(command);
        _host.Wait(_engine.GetKeyspace(name).DeleteRangeAsync(from, to, command.Durability));
        RemoveRange(name, from, to);
    }

    private void RemoveRange(string name, byte[] from, byte[] to)
    {
        SortedDictionary<byte[], ModelEntry> keys = _model.Of(name);
        foreach (byte[] key in keys.Keys.Where(k => IsWithin(k, from, to)).ToList())
        {
            keys.Remove(key);
        }
    }

    private static (byte[] From, byte[] To) Bounds(EngineCommand command)
    {
        byte[] a = EnginePlan.Key(command.First);
        byte[] b = EnginePlan.Key(command.Second);
        return command.Length % 3 == 0 ? (a, [])
            : a.AsSpan().SequenceCompareTo(b) <= 0 ? (a, b) : (b, a);
    }

    private static bool IsWithin(byte[] key, byte[] from, byte[] to) =>
        key.AsSpan().SequenceCompareTo(from) >= 0
        && (to.Length == 0 || key.AsSpan().SequenceCompareTo(to) < 0);

    private void PutIf(string name, byte[] key, EngineCommand command, long expected)
    {
        long actual = _model.VersionOf(name, key, _host.Now);
        byte[] value = Payloads.Of(command.Length, ++_seed);
        ConditionalResult result = _host.Wait(_engine.GetKeyspace(name).CompareAndSetAsync(
            key, value, expected, command.Durability));
        Require(result.Applied == (actual == expected), "a condition is judged as the model does");
        SortedDictionary<byte[], ModelEntry> keys = _model.Of(name);
        if (result.Applied)
        {
            keys[key] = new ModelEntry(value, result.Version, null);
        }
        else
        {
            Require(result.Version == actual, "a refusal names the version in the way");
        }

        CheckOne(name, key);
    }

    /// <summary>Puts, deletes and a range over all keyspaces, in order, perhaps under a condition.</summary>
    private void Batch(EngineCommand command)
    {
        WriteBatch batch = _engine.CreateBatch();
        List<Action<long>> effects = [];
        for (int i = 0; i < 5; i++)
        {
            string name = NameOf((command.Keyspace + i) % 3);
            EmbeddedKeyspace keyspace = _engine.GetKeyspace(name);
            byte[] key = EnginePlan.Key((command.First + (i * 5)) % EnginePlan.Keys);
            if (i == 3)
            {
                batch.Delete(keyspace, key);
                effects.Add(_ => _model.Of(name).Remove(key));
            }
            else if (i == 2)
            {
                (byte[] from, byte[] to) = Bounds(command with { Length = 1 });
                batch.DeleteRange(keyspace, from, to);
                effects.Add(_ => RemoveRange(name, from, to));
            }
            else
            {
                byte[] value = Payloads.Of(command.Length / (i + 1), ++_seed);
                batch.Put(keyspace, key, value);
                effects.Add(version => _model.Of(name)[key] = new ModelEntry(value, version, null));
            }
        }

        string conditional = NameOf(command.Keyspace);
        byte[] guarded = EnginePlan.Key(command.Second);
        long actual = _model.VersionOf(conditional, guarded, _host.Now);
        bool holds = true;
        if (command.Kind == EngineCommandKind.ConditionalBatch)
        {
            holds = command.Length % 2 == 0;
            batch.RequireVersion(
                _engine.GetKeyspace(conditional), guarded, holds ? actual : actual + 7);
        }

        CommitResult result = _host.Wait(_engine.TryCommitAsync(batch, command.Durability));
        Require(result.Applied == holds, "a batch is applied if its condition holds");
        if (!holds)
        {
            // A keyspace is made ahead of the batch, whatever becomes of the batch.
            Enumerable.Range(0, 3).ToList().ForEach(i => _model.Of(NameOf(i)));
            return;
        }

        Require(result.Sequences.Count == effects.Count, "each operation has its sequence");
        for (int i = 0; i < effects.Count; i++)
        {
            effects[i](result.Sequences.First + i);
        }
    }

    private void GetMany(string name, EngineCommand command)
    {
        ReadOnlyMemory<byte>[] keys =
        [
            .. Enumerable.Range(command.First, 8)
                .Select(i => (ReadOnlyMemory<byte>)EnginePlan.Key(i % EnginePlan.Keys)),
        ];
        StoredValue?[] values = _host.Wait(_engine.GetKeyspace(name).GetManyAsync(keys));
        List<(byte[] Key, ModelEntry Entry)> all = _model.Visible(name, _host.Now);
        for (int i = 0; i < keys.Length; i++)
        {
            ModelEntry? expected = all
                .Find(e => e.Key.AsSpan().SequenceEqual(keys[i].Span)).Entry;
            using StoredValue? value = values[i];
            RequireSame(expected, value?.Memory.ToArray(), value?.Version ?? 0, "of many");
        }
    }

    private void Scan(string name, EngineCommand command)
    {
        (byte[] from, byte[] to) = Bounds(command);
        bool reverse = command.Length % 2 == 0;
        List<(byte[] Key, ModelEntry Entry)> expected =
            [.. _model.Visible(name, _host.Now).Where(e => IsWithin(e.Key, from, to))];
        if (reverse)
        {
            expected.Reverse();
        }

        using EmbeddedKeyScan scan = _engine.GetKeyspace(name).Scan(
            new ScanRange { From = from, To = to, Reverse = reverse });
        RequireSame(expected, scan, name);
    }

    private void CheckViews()
    {
        foreach ((EmbeddedReadView view, ModelContents then, DateTimeOffset at) in _views)
        {
            Check(
                then, at, view.ListKeyspaces(), name => view.In(_engine.GetKeyspace(name)).Scan());
            view.Dispose();
        }

        _views.Clear();
    }

    private void CheckNow()
    {
        Check(
            _model, _host.Now, _engine.ListKeyspaces(), name => _engine.GetKeyspace(name).Scan());
        foreach (string name in _model.Names)
        {
            long count = _engine.GetKeyspace(name).Count;
            Require(
                count <= _model.Of(name).Count
                    && count >= _model.Visible(name, _host.Now).Count,
                $"'{name}' counts {count} keys");
            foreach ((byte[] key, _) in _model.Visible(name, _host.Now))
            {
                CheckOne(name, key);
            }
        }
    }

    private static void Check(
        ModelContents model,
        DateTimeOffset at,
        IReadOnlyList<string> names,
        Func<string, EmbeddedKeyScan> scanOf)
    {
        Require(names.SequenceEqual(model.Names), $"keyspaces are {string.Join(',', names)}");
        foreach (string name in names)
        {
            using EmbeddedKeyScan scan = scanOf(name);
            RequireSame(model.Visible(name, at), scan, name);
        }
    }

    private void CheckOne(string name, byte[] key)
    {
        ModelEntry? expected = _model.Visible(name, _host.Now)
            .Find(e => e.Key.AsSpan().SequenceEqual(key)).Entry;
        ArrayBufferWriter<byte> value = new();
        bool found = _engine.GetKeyspace(name).TryGet(key, value, out ValueInfo info);
        RequireSame(expected, found ? value.WrittenSpan.ToArray() : null, info.Version, name);
    }

    private static void RequireSame(
        List<(byte[] Key, ModelEntry Entry)> expected, EmbeddedKeyScan scan, string name)
    {
        foreach ((byte[] key, ModelEntry entry) in expected)
        {
            Require(scan.MoveNext(), $"a scan of '{name}' goes on");
            Require(scan.Key.SequenceEqual(key), $"a scan of '{name}' has the next key");
            RequireSame(entry, scan.Value.ToArray(), scan.Info.Version, name);
            Require(scan.Info.ExpiresAt == entry.ExpiresAt, "an expiry is kept");
        }

        Require(!scan.MoveNext(), $"a scan of '{name}' ends");
    }

    private static void RequireSame(ModelEntry? expected, byte[]? value, long version, string what)
    {
        Require((expected is null) == (value is null), $"a key {what} is there or not");
        if (expected is not null)
        {
            Require(value.AsSpan().SequenceEqual(expected.Value), $"the value {what} is the model's");
            Require(version == expected.Version, $"version {version} {what}, not {expected.Version}");
        }
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"The engine differs from the model: {what}.");
        }
    }
}
