namespace LogEngine.Storage;

/// <summary>What a directory's two manifest files say.</summary>
/// <param name="Newest">The valid manifest of the highest generation; null where none is.</param>
/// <param name="Older">The other one, where it is valid too.</param>
/// <param name="Damages">What is wrong with the files that are there, in words.</param>
/// <param name="AnyPresent">Whether there is any manifest file, valid or not.</param>
internal sealed record ManifestLoad(
    Manifest? Newest, Manifest? Older, IReadOnlyList<string> Damages, bool AnyPresent)
{
    /// <summary>The manifest that counts; null where the directory has none.</summary>
    /// <exception cref="CorruptionException">There are manifests and none is valid.</exception>
    internal Manifest? NewestIn(string directory) => Newest is null && AnyPresent
        ? throw new CorruptionException(
            Path.Combine(directory, FileNames.ManifestA),
            0,
            $"no manifest is valid: {string.Join("; ", Damages)}")
        : Newest;
}

/// <summary>The two manifest files of a directory, written in turn.</summary>
/// <remarks>
/// Not thread-safe; writing needs the directory's lock. The newest valid file is never the one
/// written, so a valid one exists at every moment, whatever a crash leaves of the other.
/// </remarks>
internal sealed class ManifestStore(IFileSystem fileSystem, string directory)
{
    private ulong _generation;
    private ulong _newestSalt; // 0 where neither file is valid
    private string? _newestName; // null where neither file is valid
    private bool _loaded;
    private bool _swept;

    /// <summary>Reads both files; changes nothing.</summary>
    /// <param name="forWriting">Also refuses features that a mere reader may ignore.</param>
    /// <exception cref="IncompatibleFormatException">One is of a newer version.</exception>
    /// <exception cref="StorageIOException">Unreadable, which says nothing of it.</exception>
    internal ManifestLoad Load(bool forWriting)
    {
        List<string> damages;
        Manifest? a;
        Manifest? b;
        bool presentA;
        bool presentB;
        (ulong, ulong) before;
        (ulong, ulong) now = default;
        do
        {
            // A writer may have written both between the two looks: then a third one differs.
            damages = [];
            (a, presentA) = LoadOne(FileNames.ManifestA, forWriting, damages);
            (b, presentB) = LoadOne(FileNames.ManifestB, forWriting, damages);
            (before, now) = (now, (a?.FileSalt ?? 0, b?.FileSalt ?? 0));
        }
        while (a is not null && b is not null && !AreOfOneStore(a, b) && now != before);

        if (a is not null && b is not null && a.Generation == b.Generation)
        {
            damages.Add($"both manifests in '{directory}' carry generation {a.Generation}");
        }

        if (a is not null && b is not null && !AreOfOneStore(a, b))
        {
            // Which of them belongs here nobody knows: neither counts.
            damages.Add(
                $"the manifests in '{directory}' do not follow one another (generations "
                + $"{a.Generation} and {b.Generation}): one is from a copy of the store that went "
                + "on by itself, or from an earlier time; put back the one that was here");
            (a, b) = (null, null);
        }

        bool newestIsB = b is not null && (a is null || b.Generation > a.Generation);
        Manifest? newest = newestIsB ? b : a;
        Manifest? older = newestIsB ? a : b;
        newest = newest is null ? null : newest with { IsAlone = older is null };
        _generation = newest?.Generation ?? 0;
        _newestSalt = newest?.FileSalt ?? 0;
        _newestName = newest is null
            ? null
            : newestIsB ? FileNames.ManifestB : FileNames.ManifestA;
        _loaded = true;
        return new ManifestLoad(newest, older, damages, presentA || presentB);
    }

    /// <summary>
    /// Writes it as the next generation, durable on return. Where it throws, the newest one is
    /// intact.
    /// </summary>
    /// <returns>The manifest with its generation.</returns>
    internal Manifest Write(Manifest manifest)
    {
        if (!_loaded)
        {
            Load(forWriting: true);
        }

        SweepOnce();
        Manifest next = manifest with
        {
            Generation = checked(_generation + 1),
            PreviousSalt = _newestSalt,
            IsAlone = false,
        };
        string name = _newestName == FileNames.ManifestA
            ? FileNames.ManifestB
            : FileNames.ManifestA;
        ulong salt = SnapshotFileCore.Save(
            fileSystem,
            Path.Combine(directory, name),
            ManifestCodec.Encode(next),
            next.NextSequence - 1,
            ManifestCodec.Version);
        _generation = next.Generation;
        _newestName = name;
        _newestSalt = salt;
        return next with { FileSalt = salt };
    }

    /// <summary>
    /// Writes it twice, so that no file names anything older: before what it no longer lists is
    /// freed.
    /// </summary>
    internal Manifest WriteBoth(Manifest manifest) => Write(Write(manifest));

    /// <summary>
    /// A generation names the one before it, which it was not written over. Where it names none, it
    /// was the first, or an earlier version wrote it.
    /// </summary>
    private static bool AreOfOneStore(Manifest a, Manifest b)
    {
        (Manifest older, Manifest newer) = a.Generation < b.Generation ? (a, b) : (b, a);
        return a.Generation == b.Generation
            || newer.PreviousSalt == 0
            || newer.PreviousSalt == older.FileSalt;
    }

    private (Manifest? Manifest, bool Present) LoadOne(
        string name, bool forWriting, List<string> damages)
    {
        string path = Path.Combine(directory, name);
        try
        {
            SnapshotContent content =
                SnapshotFileCore.Load(fileSystem, path, forWriting, out SnapshotHeader header);
            Manifest manifest = ManifestCodec.Decode(
                content.Payload.Span, path, content.ContentVersion);
            return (manifest with { FileSalt = header.Salt }, true);
        }
        catch (StorageNotFoundException)
        {
            return (null, false);
        }
        catch (Exception error) when (error is CorruptionException or RecordTooLargeException)
        {
            damages.Add(error.Message);
            return (null, true);
        }
    }

    private void SweepOnce()
    {
        if (_swept)
        {
            return;
        }

        SnapshotTemp.Sweep(fileSystem, Path.Combine(directory, FileNames.ManifestA));
        SnapshotTemp.Sweep(fileSystem, Path.Combine(directory, FileNames.ManifestB));
        _swept = true;
    }
}
