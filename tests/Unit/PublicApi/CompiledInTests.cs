using System.Reflection;

namespace LogEngine.Unit.PublicApi;

/// <summary>
/// What a compiler writes into the caller is for ever: it does not change with the library. So no default or
/// limit may be such a value.
/// </summary>
public sealed class CompiledInTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Names that others know us by; they do not change.</summary>
    private static readonly HashSet<string> _names =
    [
        "LogEngineTelemetry.ActivitySourceName", "LogEngineTelemetry.MeterName", "MessageType.Header",
        "RecurringMessage.DueHeader", "RecurringMessage.NameHeader", "LogEngineSettings.EmbeddedKind",
        "LogEngineSettings.MemoryKind",
    ];

    private static IEnumerable<Type> Types =>
        new[]
        {
            typeof(WriteAheadLog).Assembly,
            typeof(LogEngine.AspNetCore.CacheOptions).Assembly,
            typeof(LogEngine.Extensions.LogEngineBuilder).Assembly,
            typeof(LogEngine.Testing.LogOracle).Assembly,
        }.SelectMany(assembly => assembly.GetExportedTypes());

    [Fact]
    public void Defaults_and_limits_are_properties()
    {
        string[] fields =
        [
            .. Types.Where(type => !type.IsEnum)
                .SelectMany(type => type.GetFields(Declared).Select(f => $"{type.Name}.{f.Name}")),
        ];

        Assert.Equal(_names.Order(), fields.Order());
    }

    /// <summary>
    /// Null, zero, false, an empty text: what is not said; or one of several. Anything else is chosen inside.
    /// </summary>
    [Fact]
    public void An_argument_that_is_left_out_says_nothing()
    {
        string[] chosen =
        [
            .. from type in Types
               where !typeof(Delegate).IsAssignableFrom(type)
               from method in type.GetMembers(Declared).OfType<MethodBase>()
               from parameter in method.GetParameters()
               where parameter.HasDefaultValue && !IsNothing(parameter.DefaultValue)
               select $"{type.Name}.{method.Name}: {parameter.Name} = {parameter.DefaultValue}",
        ];

        Assert.Empty(chosen);
    }

    private static bool IsNothing(object? value) =>
        value is null or false or "" or 1 or 1L || (value is IConvertible and not string
            && Convert.ToInt64(value, null) == 0);
}
