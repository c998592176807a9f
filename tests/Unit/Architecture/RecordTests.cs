using System.Collections;
using System.Reflection;
using LogEngine.Stores;

namespace LogEngine.Unit.Architecture;

/// <summary>
/// A record says that equal ones are the same. The comparison that the compiler makes asks of memory and
/// collections whether they are the same object, so two with the same contents would differ.
/// </summary>
public sealed class RecordTests
{
    /// <summary>Records of the queue that hold memory or collections.</summary>
    private const string Queues = "LogEngine.Stores.Queues";

    [Fact]
    public void No_public_record_compares_memory_or_collections_as_objects()
    {
        IEnumerable<string> wrong =
            from type in typeof(StorageEngine).Assembly.GetExportedTypes()
            where type.Namespace != Queues && IsRecord(type) && !ComparesItself(type)
            from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            where HoldsOthers(property.PropertyType)
            select $"{type.Name}.{property.Name}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Equal_contents_are_equal_and_hash_alike()
    {
        Same(() => new ScanRange(new byte[] { 1 }, new byte[] { 2, 3 }), new ScanRange(new byte[] { 1 }));
        Same(() => new Conflict("k", new byte[] { 1 }, 2, 3), new Conflict("k", new byte[] { 2 }, 2, 3));
        Same(
            () => new LostValue("k", new byte[] { 1 }, 2, "r"),
            new LostValue("k", new byte[] { 1, 1 }, 2, "r"));
        Same(
            () => new SnapshotFileOptions { Invariants = [new("rows", 1, 1)] },
            new SnapshotFileOptions { Invariants = [new("rows", 2, 2)] });
        Same(
            () => new RunRow(1, "s", "t", new byte[] { 1 }), new RunRow(1, "s", "t", Array.Empty<byte>()));
        Assert.NotEqual(new RunRow(1, "s", "t"), new RunRow(1, "s", "t", Array.Empty<byte>()));
        Same(() => Work("a", "1"), Work("a", "2"));
        Assert.NotEqual(Work("a", "1"), Work("b", "1"));
    }

    private static WorkCheckpoint Work(string queued, string value) => new()
    {
        Timestamp = DateTimeOffset.UnixEpoch,
        Queued = [queued],
        InProgress = ["p"],
        Workers = new Dictionary<string, string> { ["w"] = "p" },
        Metadata = new Dictionary<string, string> { ["m"] = value },
    };

    private static void Same<T>(Func<T> make, T other)
        where T : notnull
    {
        Assert.True(make().Equals(make()));
        Assert.Equal(make().GetHashCode(), make().GetHashCode());
        Assert.False(make().Equals(other));
    }

    /// <summary>Whether the compiler made it one: of a class by its copy method, of a struct by its printing.</summary>
    private static bool IsRecord(Type type) =>
        type.GetMethod("<Clone>$") is not null
        || (type.IsValueType && type.GetMethod(
            "PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance) is not null);

    /// <summary>Whether its comparison is written, not made by the compiler.</summary>
    private static bool ComparesItself(Type type) => new[]
    {
        type.GetMethod(nameof(Equals), [type]), type.GetMethod(nameof(GetHashCode), []),
    }.All(method => method is not null && method.DeclaringType == type && method.GetCustomAttribute<
        System.Runtime.CompilerServices.CompilerGeneratedAttribute>() is null);

    private static bool HoldsOthers(Type type)
    {
        Type held = Nullable.GetUnderlyingType(type) ?? type;
        Type? open = held.IsGenericType ? held.GetGenericTypeDefinition() : null;
        return held.IsGenericParameter
            || open == typeof(ReadOnlyMemory<>)
            || open == typeof(Memory<>)
            || (held != typeof(string) && typeof(IEnumerable).IsAssignableFrom(held));
    }
}
