namespace LogEngine.Stores;

/// <summary>
/// A row's bytes without its sequence, which is in the key. Layout: docs/stores.md.
/// </summary>
internal static class RunRowCodec
{
    private const byte Layout = 1;
    private const byte WithData = 1;

    /// <summary>Bytes of a row besides its texts and data: the layout, flags, numbers.</summary>
    private const int MostOverhead = 48;

    internal static FieldWriter Encode(RunRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        int texts = StoreNames.CountAny(row.State, "A row's state", nameof(row))
            + StoreNames.CountAny(row.TaskId, "A row's task id", nameof(row));
        FieldWriter fields = new(Layout, MostOverhead + texts + (row.Data?.Length ?? 0));
        fields.WriteNumber((int)row.Kind);
        fields.WriteText(row.State);
        fields.WriteText(row.TaskId);
        fields.WriteByte(row.Data is null ? (byte)0 : WithData);
        if (row.Data is { } data)
        {
            fields.WriteBytes(data.Span);
        }

        return fields;
    }

    /// <exception cref="UndecodableValueException">It is no row.</exception>
    internal static RunRow Decode(long sequence, ReadOnlySpan<byte> value, string run)
    {
        try
        {
            FieldReader fields = new(value, Layout);
            int kind = checked((int)fields.ReadNumber());
            string state = fields.ReadText();
            string task = fields.ReadText();
            ReadOnlyMemory<byte>? data = fields.ReadByte() switch
            {
                // Without the type it would be an array that is null, which converts to no bytes.
                0 => default(ReadOnlyMemory<byte>?),
                WithData => fields.ReadBytes().ToArray(),
                byte other => throw new FormatException($"unknown flags {other}"),
            };
            fields.RequireEnd();
            return new RunRow(sequence, state, task, data, (RunRowKind)kind);
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new UndecodableValueException($"Row {sequence} of run '{run}'", error);
        }
    }
}
