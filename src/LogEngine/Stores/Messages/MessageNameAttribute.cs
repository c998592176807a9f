namespace LogEngine.Stores.Messages;

/// <summary>
/// The name under which values of a type travel, wherever no <see cref="MessageType{T}"/> says another.
/// Without it that name is the type's own, with its namespace, so that moving or renaming the type leaves
/// messages behind that no handler knows.
/// </summary>
/// <param name="name">Any text that is not empty; the same for as long as there are such messages.</param>
[AttributeUsage(
    AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface | AttributeTargets.Enum,
    Inherited = false)]
public sealed class MessageNameAttribute(string name) : Attribute
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;
}
