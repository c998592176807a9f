using Npgsql;
using NpgsqlTypes;

namespace LogEngine.PostgreSql.Connections;

/// <summary>Parameters by position, each of a type that is stated.</summary>
internal static class Parameters
{
    private const NpgsqlDbType Many = NpgsqlDbType.Array;

    internal static void Put(this NpgsqlParameterCollection to, bool value) =>
        to.Add(new NpgsqlParameter<bool> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Boolean });

    internal static void Put(this NpgsqlParameterCollection to, int value) =>
        to.Add(new NpgsqlParameter<int> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer });

    internal static void Put(this NpgsqlParameterCollection to, long value) =>
        to.Add(new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint });

    internal static void Put(this NpgsqlParameterCollection to, long? value) =>
        to.Add(new NpgsqlParameter
        {
            Value = value is { } there ? there : DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.Bigint,
        });

    internal static void Put(this NpgsqlParameterCollection to, string value) =>
        to.Add(new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });

    internal static void Put(this NpgsqlParameterCollection to, ReadOnlyMemory<byte> value) =>
        to.Add(new NpgsqlParameter<ReadOnlyMemory<byte>>
        {
            TypedValue = value,
            NpgsqlDbType = NpgsqlDbType.Bytea,
        });

    internal static void Put(this NpgsqlParameterCollection to, short[] values) =>
        to.Add(new NpgsqlParameter<short[]> { TypedValue = values, NpgsqlDbType = Many | NpgsqlDbType.Smallint });

    internal static void Put(this NpgsqlParameterCollection to, int[] values) =>
        to.Add(new NpgsqlParameter<int[]> { TypedValue = values, NpgsqlDbType = Many | NpgsqlDbType.Integer });

    internal static void Put(this NpgsqlParameterCollection to, long[]? values) =>
        to.Add(new NpgsqlParameter
        {
            Value = values is null ? DBNull.Value : values,
            NpgsqlDbType = Many | NpgsqlDbType.Bigint,
        });

    internal static void Put(this NpgsqlParameterCollection to, long?[] values) =>
        to.Add(new NpgsqlParameter<long?[]> { TypedValue = values, NpgsqlDbType = Many | NpgsqlDbType.Bigint });

    internal static void Put(this NpgsqlParameterCollection to, bool[] values) =>
        to.Add(new NpgsqlParameter<bool[]> { TypedValue = values, NpgsqlDbType = Many | NpgsqlDbType.Boolean });

    internal static void Put(this NpgsqlParameterCollection to, byte[]?[] values) =>
        to.Add(new NpgsqlParameter<byte[]?[]> { TypedValue = values, NpgsqlDbType = Many | NpgsqlDbType.Bytea });
}
