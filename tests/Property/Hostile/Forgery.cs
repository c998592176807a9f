using System.Buffers.Binary;

namespace LogEngine.Properties.Hostile;

/// <summary>How a forger changes a directory.</summary>
internal enum ForgeryKind
{
    /// <summary>Some bytes in one structure.</summary>
    Field,

    /// <summary>An eight-byte word wherever any structure of the directory has it.</summary>
    Everywhere,

    /// <summary>A file is cut or made longer by zeros.</summary>
    Length,

    /// <summary>One file has the bytes of another.</summary>
    File,
}

/// <summary>One change, after which all checksums are made right again.</summary>
/// <param name="Kind">What is changed.</param>
/// <param name="File">In which file.</param>
/// <param name="At">Where in it; or its new length.</param>
/// <param name="Size">Bytes of a field.</param>
/// <param name="Value">The new value.</param>
/// <param name="Other">The other file.</param>
internal sealed record Forgery(
    ForgeryKind Kind, string File, int At, int Size, ulong Value, string Other)
{
    private static readonly ulong[] s_values =
    [
        0, 1, 2, 7, 8, 24, 95, 96, 255, 4095, 4096, 65_535, 65_536, 1 << 30, int.MaxValue,
        uint.MaxValue, 1UL << 37, (1UL << 62) - 1, 1UL << 62, (1UL << 62) + 1, long.MaxValue - 1,
        long.MaxValue, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    internal static Forgery Draw(HostileStore store, Random random)
    {
        string[] names = [.. store.Files.Where(f => f.Value.Length > 0).Select(f => f.Key)];
        string file = names[random.Next(names.Length)];
        List<Structure> structures = store.Structures[file];
        int kind = random.Next(20);
        if (kind == 0 || structures.Count == 0)
        {
            int length = store.Files[file].Length;
            return new Forgery(
                ForgeryKind.Length, file, random.Next(3) * length / 2 + random.Next(9), 0, 0, "");
        }

        if (kind == 1)
        {
            return new Forgery(
                ForgeryKind.File, file, 0, 0, 0, names[random.Next(names.Length)]);
        }

        // As many headers as records, though there are far fewer.
        StructureKind[] kinds = [.. structures.Select(s => s.Kind).Distinct()];
        StructureKind drawn = kinds[random.Next(kinds.Length)];
        Structure[] same = [.. structures.Where(s => s.Kind == drawn)];
        Structure target = same[random.Next(same.Length)];
        int size = 1 << random.Next(4);
        int reach = random.Next(2) == 0 ? Math.Min(target.Length, 160) : target.Length;
        int at = target.Offset + random.Next(Math.Max(1, reach / size)) * size;
        at = Math.Min(at, target.Offset + target.Length - size);
        byte[] bytes = store.Files[file];
        ulong old = Read(bytes, at, size);
        bool everywhere = size == 8 && old > 1 && random.Next(3) == 0;
        return new Forgery(
            everywhere ? ForgeryKind.Everywhere : ForgeryKind.Field,
            file,
            at,
            size,
            DrawValue(store, old, random),
            "");
    }

    /// <summary>Changes files; the checksums are then wrong.</summary>
    internal void Apply(HostileStore store, SortedDictionary<string, byte[]> files)
    {
        byte[] bytes = files[File];
        switch (Kind)
        {
            case ForgeryKind.Field when At + Size <= bytes.Length:
                Write(bytes, At, Size, Value);
                break;
            case ForgeryKind.Everywhere when At + Size <= bytes.Length:
                ReplaceAll(store, files, Read(bytes, At, Size));
                break;
            case ForgeryKind.Length:
                Array.Resize(ref bytes, At);
                files[File] = bytes;
                break;
            case ForgeryKind.File:
                files[File] = [.. files[Other]];
                break;
        }
    }

    private static ulong DrawValue(HostileStore store, ulong old, Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                return old + (ulong)(random.Next(3) - 1) * s_values[random.Next(14)];
            case 1:
                string[] names =
                    [.. store.Structures.Where(s => s.Value.Count > 0).Select(s => s.Key)];
                string name = names[random.Next(names.Length)];
                Structure other = store.Structures[name][random.Next(store.Structures[name].Count)];
                int word = random.Next(Math.Max(1, Math.Min(other.Length, 200) / 8)) * 8;
                return Read(store.Files[name], other.Offset + word, 8);
            case 2:
                return old ^ (1UL << random.Next(64));
            default:
                return s_values[random.Next(s_values.Length)];
        }
    }

    private void ReplaceAll(
        HostileStore store, SortedDictionary<string, byte[]> files, ulong old)
    {
        foreach ((string name, List<Structure> structures) in store.Structures)
        {
            byte[] bytes = files[name];
            foreach (Structure structure in structures)
            {
                int end = Math.Min(structure.Offset + structure.Length, bytes.Length);
                for (int at = structure.Offset; at + 8 <= end; at += 8)
                {
                    if (Read(bytes, at, 8) == old)
                    {
                        Write(bytes, at, 8, Value);
                    }
                }
            }
        }
    }

    private static ulong Read(byte[] bytes, int at, int size)
    {
        Span<byte> word = stackalloc byte[8];
        word.Clear();
        bytes.AsSpan(at, Math.Min(size, bytes.Length - at)).CopyTo(word);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    private static void Write(byte[] bytes, int at, int size, ulong value)
    {
        Span<byte> word = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        word[..size].CopyTo(bytes.AsSpan(at));
    }
}
