namespace LogEngine.Inspection;

/// <summary>Takes what a <see cref="RecordWalk"/> meets, in order.</summary>
internal interface IRecordSink
{
    /// <summary>
    /// A record that is whole, with its header and padding; valid during the call.
    /// </summary>
    void Record(long sequence, long offset, ReadOnlySpan<byte> record);

    /// <summary>Bytes that are no record, up to the next whole one or to the end.</summary>
    /// <param name="damage">What is missing there.</param>
    void Damage(RecordDamage damage);
}
