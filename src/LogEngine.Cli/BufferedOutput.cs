using System.Text;

namespace LogEngine.Cli;

/// <summary>Standard output in large writes.</summary>
internal sealed class BufferedOutput(Stream stream)
{
    private const int Capacity = 64 << 10;

    private readonly byte[] _buffer = new byte[Capacity];
    private int _used;

    /// <summary>Writes one line, all that a command has to say.</summary>
    internal static void Say(ToolIO io, string line)
    {
        BufferedOutput output = new(io.Output);
        output.WriteLine(line);
        output.Flush();
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Capacity - _used)
        {
            Flush();
        }

        if (bytes.Length > Capacity)
        {
            WriteThrough(bytes);
            return;
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    internal void WriteLine(string line)
    {
        Write(Encoding.UTF8.GetBytes(line));
        WriteByte((byte)'\n');
    }

    internal void WriteByte(byte value)
    {
        if (_used == Capacity)
        {
            Flush();
        }

        _buffer[_used++] = value;
    }

    internal void Flush()
    {
        int used = _used;
        _used = 0;
        WriteThrough(_buffer.AsSpan(0, used));
    }

    private void WriteThrough(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        stream.Write(bytes);
        stream.Flush();
    }
}
