namespace LogEngine.Stores;

/// <summary>Keys of one name in a <see cref="CheckpointStore"/>. Bytes: docs/stores.md.</summary>
/// <param name="Name">The name.</param>
/// <param name="Prefix">What the keys of its checkpoints begin with.</param>
/// <param name="Floor">
/// The key of the highest number that a clear has removed: numbers at or below it are used up.
/// </param>
internal sealed record CheckpointKeys(string Name, byte[] Prefix, byte[] Floor)
{
    private const byte CheckpointTag = 1;
    private const byte FloorTag = 2;
    private const byte FloorLayout = 1;

    internal static byte[] FirstOfAll { get; } = [CheckpointTag];

    internal static byte[] BehindAll { get; } = [FloorTag];

    internal static CheckpointKeys Of(string name)
    {
        byte[] bytes = StoreNames.Encode(name, "A checkpoint's name", nameof(name));
        return new CheckpointKeys(
            name, NamedKey.Prefix([CheckpointTag], bytes), NamedKey.Prefix([FloorTag], bytes));
    }

    internal byte[] At(long sequence) => NamedKey.Of(Prefix, sequence);

    internal ScanRange All => NamedKeys.All(Prefix);

    internal static ReadOnlySpan<byte> EncodeFloor(long highest)
    {
        FieldWriter fields = new(FloorLayout);
        fields.WriteNumber(highest);
        return fields.Written;
    }

    /// <exception cref="UndecodableValueException">It is no number.</exception>
    internal long DecodeFloor(ReadOnlySpan<byte> value)
    {
        try
        {
            FieldReader fields = new(value, FloorLayout);
            long highest = fields.ReadNumber();
            fields.RequireEnd();
            return highest;
        }
        catch (FormatException error)
        {
            throw new UndecodableValueException($"The numbering of checkpoints '{Name}'", error);
        }
    }
}
