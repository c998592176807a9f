namespace LogEngine.Stores;

/// <summary>Bytes of what describes a blob. Layout: docs/stores.md.</summary>
internal static class BlobMetadataCodec
{
    private const byte Layout = 1;
    private const byte WithWidth = 1;
    private const byte WithHeight = 2;
    private const byte WithLabel = 4;

    /// <exception cref="ArgumentException">A field is out of its range.</exception>
    internal static void Check(BlobDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        StoreNames.Encode(description.MediaType, "A blob's media type", nameof(description));
        ArgumentOutOfRangeException.ThrowIfNegative(description.Width ?? 0, nameof(description));
        ArgumentOutOfRangeException.ThrowIfNegative(description.Height ?? 0, nameof(description));
        if (description.Label is { } label)
        {
            StoreNames.Encode(label, "A blob's label", nameof(description));
        }
    }

    internal static ReadOnlySpan<byte> Encode(BlobMetadata metadata)
    {
        BlobDescription said = metadata.Description;
        FieldWriter fields = new(Layout);
        fields.WriteByte((byte)(
            (said.Width is null ? 0 : WithWidth)
            | (said.Height is null ? 0 : WithHeight)
            | (said.Label is null ? 0 : WithLabel)));
        fields.WriteText(said.MediaType);
        fields.WriteNumber(metadata.Length);
        fields.WriteNumber(metadata.StoredAt.UtcTicks);
        if (said.Width is { } width)
        {
            fields.WriteNumber(width);
        }

        if (said.Height is { } height)
        {
            fields.WriteNumber(height);
        }

        if (said.Label is { } label)
        {
            fields.WriteText(label);
        }

        return fields.Written;
    }

    /// <exception cref="UndecodableValueException">It is no metadata.</exception>
    internal static BlobMetadata Decode(BlobId id, ReadOnlySpan<byte> value)
    {
        try
        {
            FieldReader fields = new(value, Layout);
            byte flags = fields.ReadByte();
            string mediaType = fields.ReadText();
            long length = fields.ReadNumber();
            DateTimeOffset storedAt = new(fields.ReadNumber(), TimeSpan.Zero);
            int? width = (flags & WithWidth) == 0 ? null : checked((int)fields.ReadNumber());
            int? height = (flags & WithHeight) == 0 ? null : checked((int)fields.ReadNumber());
            string? label = (flags & WithLabel) == 0 ? null : fields.ReadText();
            fields.RequireEnd();
            return new BlobMetadata(
                new BlobDescription(mediaType, width, height, label), length, storedAt);
        }
        catch (Exception error) when (error is FormatException or OverflowException
            or ArgumentOutOfRangeException)
        {
            throw new UndecodableValueException($"Metadata of blob {id}", error);
        }
    }
}
