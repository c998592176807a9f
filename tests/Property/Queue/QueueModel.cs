namespace LogEngine.Properties.Queue;

/// <summary>
/// What a queue must do, said as simply as possible: a list, looked through from the start each time.
/// </summary>
internal sealed class QueueModel(
    int maxDeliveries, int starvationLimit, TimeSpan lease, TimeSpan window)
{
    private readonly List<ModelMessage> _messages = [];
    private readonly Dictionary<string, (long Id, DateTimeOffset Until)> _dedupe = [];
    private readonly HashSet<string> _lapsed = [];
    private readonly int[] _passedOver = new int[8];

    internal DateTimeOffset Wall { get; set; } = ManualTime.Epoch;

    internal TimeSpan Monotonic { get; set; }

    internal IEnumerable<ModelMessage> In(ModelPlace place) =>
        _messages.Where(m => m.Place == place);

    internal IReadOnlyList<ModelMessage> All => _messages;

    /// <summary>Whether nothing of its group is before it: else it is held back.</summary>
    internal bool IsFirst(ModelMessage message) => message.Group is null || !_messages.Exists(
        m => m.Group == message.Group && m.Place != ModelPlace.Dead && m.Id < message.Id);

    /// <summary>The id of the message that makes this one a duplicate; null for none.</summary>
    internal long? DuplicateOf(string? dedupe) => dedupe is not null
        && _dedupe.TryGetValue(dedupe, out (long Id, DateTimeOffset Until) first)
        && first.Until > Wall
            ? first.Id
            : null;

    /// <summary>
    /// The window has been over once and the clock went back: the engine may have removed the entry
    /// or not.
    /// </summary>
    internal bool MayBeForgotten(string? dedupe) => dedupe is not null && _lapsed.Contains(dedupe);

    internal void Enqueue(
        long id, string body, int lane, int delay, string? dedupe, string? group)
    {
        _messages.Add(new ModelMessage
        {
            Id = id,
            Lane = lane,
            Body = body,
            Group = group,
            Place = delay > 0 ? ModelPlace.Scheduled : ModelPlace.Ready,
            DueAt = Due(delay),
        });
        if (dedupe is not null)
        {
            _dedupe[dedupe] = (id, Wall + window);
            _lapsed.Remove(dedupe);
        }
    }

    internal List<ModelMessage> Receive(int most)
    {
        while (true)
        {
            Advance();
            List<ModelMessage> taken = [];
            while (taken.Count < most && Next() is { } next)
            {
                next.Place = ModelPlace.Leased;
                next.DueAt = DateTimeOffset.MinValue;
                next.ExpiresAt = Monotonic + lease;
                taken.Add(next);
            }

            List<ModelMessage> tired = [.. taken.Where(m => m.Deliveries >= maxDeliveries)];
            tired.ForEach(m => m.Place = ModelPlace.Dead);
            List<ModelMessage> delivered = [.. taken.Except(tired)];
            delivered.ForEach(m => m.Deliveries++);
            if (delivered.Count > 0 || taken.Count == 0)
            {
                return delivered;
            }
        }
    }

    /// <summary>The message of a delivery, if its lease is current.</summary>
    internal ModelMessage? Current(long id, int delivery)
    {
        Advance();
        return In(ModelPlace.Leased).SingleOrDefault(m => m.Id == id && m.Deliveries == delivery);
    }

    internal void Remove(ModelMessage message) => _messages.Remove(message);

    internal void Renew(ModelMessage message) => message.ExpiresAt = Monotonic + lease;

    internal void Refuse(ModelMessage message, int delay)
    {
        message.Place = message.Deliveries >= maxDeliveries
            ? ModelPlace.Dead
            : delay > 0 ? ModelPlace.Scheduled : ModelPlace.Ready;
        message.DueAt = Due(delay);
    }

    internal void Purge() => _messages.RemoveAll(m => m.Place != ModelPlace.Dead);

    internal void Reopen()
    {
        Advance();
        Array.Clear(_passedOver);
        foreach (ModelMessage leased in In(ModelPlace.Leased).ToList())
        {
            leased.Place = ModelPlace.Ready;
        }

        // What fell due waits again if the clock went back, unless it was delivered since.
        foreach (ModelMessage message in In(ModelPlace.Ready).ToList())
        {
            message.Place = message.DueAt > Wall ? ModelPlace.Scheduled : ModelPlace.Ready;
        }
    }

    internal void Advance()
    {
        _lapsed.UnionWith(_dedupe.Where(d => d.Value.Until <= Wall).Select(d => d.Key));
        foreach (ModelMessage message in _messages)
        {
            bool over = (message.Place == ModelPlace.Leased && message.ExpiresAt <= Monotonic)
                || (message.Place == ModelPlace.Scheduled && message.DueAt <= Wall
                    && IsFirst(message));
            message.Place = over ? ModelPlace.Ready : message.Place;
        }
    }

    private DateTimeOffset Due(int delay) =>
        delay > 0 ? Wall + TimeSpan.FromSeconds(delay) : DateTimeOffset.MinValue;

    private ModelMessage? Next()
    {
        List<int> lanes = [.. In(ModelPlace.Ready).Where(IsFirst).Select(m => m.Lane).Distinct().Order()];
        if (lanes.Count == 0)
        {
            return null;
        }

        List<int> starving = [.. lanes.Where(lane => _passedOver[lane] >= starvationLimit)];
        int chosen = starving.Count > 0 ? starving.MaxBy(lane => _passedOver[lane]) : lanes[0];
        for (int lane = 0; lane < _passedOver.Length; lane++)
        {
            _passedOver[lane] =
                lanes.Contains(lane) && lane != chosen ? _passedOver[lane] + 1 : 0;
        }

        return In(ModelPlace.Ready).Where(m => m.Lane == chosen && IsFirst(m)).MinBy(m => m.Id);
    }
}
