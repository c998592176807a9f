using System.Buffers.Binary;

namespace TaskRunner;

/// <summary>How far a count has come.</summary>
/// <param name="Position">Bytes that were read.</param>
/// <param name="Words">Words that began in them.</param>
/// <param name="InWord">Whether the last byte was of a word.</param>
internal readonly record struct WordCount(long Position, long Words, bool InWord)
{
    internal WordCount With(ReadOnlySpan<byte> slice)
    {
        long words = Words;
        bool inWord = InWord;
        foreach (byte b in slice)
        {
            bool letter = b != (byte)' ';
            words += letter && !inWord ? 1 : 0;
            inWord = letter;
        }

        return new WordCount(Position + slice.Length, words, inWord);
    }

    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[17];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Position);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Words);
        bytes[16] = InWord ? (byte)1 : (byte)0;
        return bytes;
    }

    internal static WordCount Parse(ReadOnlyMemory<byte> bytes) => new(
        BinaryPrimitives.ReadInt64LittleEndian(bytes.Span),
        BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[8..]),
        bytes.Span[16] == 1);
}
