using System.Reflection;
using System.Runtime.CompilerServices;

namespace LogEngine.Unit.PublicApi;

/// <summary>The public surface of an assembly, a line for each member, in a stable order.</summary>
internal static class PublicApiText
{
    private static readonly NullabilityInfoContext Nullability = new();

    internal static string Of(Assembly assembly) => string.Join('\n', assembly
        .GetExportedTypes()
        .OrderBy(type => type.FullName, StringComparer.Ordinal)
        .SelectMany(Lines)) + "\n";

    private static IEnumerable<string> Lines(Type type)
    {
        yield return Header(type);
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        IEnumerable<string> members = type.GetMembers(Declared)
            .Select(member => Line(type, member))
            .OfType<string>();
        foreach (string line in members.Distinct().Order(StringComparer.Ordinal))
        {
            // With the type's name, so that a line of a diff says it all.
            yield return $"    {type.Name}: {line}";
        }
    }

    private static string Header(Type type)
    {
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsValueType: true } => type.IsByRefLike ? "ref struct" : "struct",
            { IsInterface: true } => "interface",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        IEnumerable<string> bases = type.GetInterfaces()
            .Except(type.BaseType?.GetInterfaces() ?? [])
            .Select(Name)
            .Order(StringComparer.Ordinal);
        if (type.BaseType is { } parent
            && parent != typeof(object)
            && parent != typeof(ValueType)
            && parent != typeof(Enum))
        {
            bases = bases.Prepend(Name(parent));
        }

        string list = type.IsEnum ? "" : string.Join(", ", bases);
        return $"{kind} {type.FullName}{(list.Length > 0 ? " : " + list : "")}";
    }

    private static string? Line(Type owner, MemberInfo member) => member switch
    {
        FieldInfo field when IsVisible(field.IsPublic, field.IsFamily) && !field.IsSpecialName =>
            FieldLine(owner, field),
        PropertyInfo property => PropertyLine(property),
        ConstructorInfo constructor when IsVisible(constructor.IsPublic, constructor.IsFamily) =>
            $"new({Parameters(constructor)})",
        MethodInfo method when IsVisible(method.IsPublic, method.IsFamily)
            && !method.IsSpecialName
            && !method.IsDefined(typeof(CompilerGeneratedAttribute))
            && method.DeclaringType == method.GetBaseDefinition().DeclaringType =>
            $"{Static(method.IsStatic)}{Returned(method)} {method.Name}({Parameters(method)})",
        _ => null,
    };

    private static bool IsVisible(bool isPublic, bool isFamily) => isPublic || isFamily;

    private static string FieldLine(Type owner, FieldInfo field)
    {
        object? value = field.IsLiteral ? field.GetRawConstantValue() : null;
        string shown = value is null ? "" : $" = {value}";
        return owner.IsEnum
            ? $"{field.Name}{shown}"
            : $"{(field.IsLiteral ? "const " : "static ")}{Name(field.FieldType)} "
                + $"{field.Name}{shown}";
    }

    private static string? PropertyLine(PropertyInfo property)
    {
        MethodInfo? get = property.GetMethod is { IsPublic: true } getter ? getter : null;
        MethodInfo? set = property.SetMethod is { IsPublic: true } setter ? setter : null;
        if (get is null && set is null)
        {
            return null;
        }

        bool init = set?.ReturnParameter.GetRequiredCustomModifiers().Length > 0;
        string required = property.CustomAttributes.Any(
            a => a.AttributeType.Name == "RequiredMemberAttribute") ? "required " : "";
        string mark = IsNullable(Nullability.Create(property)) ? "?" : "";
        return $"{required}{Static((get ?? set)!.IsStatic)}{Name(property.PropertyType)}{mark} "
            + $"{property.Name} {{{(get is null ? "" : " get;")}"
            + $"{(set is null ? "" : init ? " init;" : " set;")} }}";
    }

    private static string Returned(MethodInfo method) =>
        Name(method.ReturnType)
        + (IsNullable(Nullability.Create(method.ReturnParameter)) ? "?" : "");

    private static string Parameters(MethodBase method) => string.Join(
        ", ", method.GetParameters().Select(p =>
            $"{(p.IsOut ? "out " : "")}{Name(p.ParameterType)}"
            + $"{(IsNullable(Nullability.Create(p)) ? "?" : "")} {p.Name}"
            + $"{(p.HasDefaultValue ? " = " + (p.DefaultValue ?? "default") : "")}"));

    private static bool IsNullable(NullabilityInfo info) =>
        !info.Type.IsValueType && info.ReadState == NullabilityState.Nullable;

    private static string Static(bool isStatic) => isStatic ? "static " : "";

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        return type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}"
                + $"<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : type.Name;
    }
}
