using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace LogEngine.Unit.Architecture;

/// <summary>Every named type that occurs in a signature.</summary>
internal sealed class SignatureTypes(Func<EntityHandle, string> nameOf)
    : ISignatureTypeProvider<ImmutableHashSet<string>, object?>
{
    private static readonly ImmutableHashSet<string> None = [];

    public ImmutableHashSet<string> GetTypeFromDefinition(
        MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => [nameOf(handle)];

    public ImmutableHashSet<string> GetTypeFromReference(
        MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => [nameOf(handle)];

    public ImmutableHashSet<string> GetTypeFromSpecification(
        MetadataReader reader,
        object? genericContext,
        TypeSpecificationHandle handle,
        byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public ImmutableHashSet<string> GetGenericInstantiation(
        ImmutableHashSet<string> genericType,
        ImmutableArray<ImmutableHashSet<string>> typeArguments) =>
        typeArguments.Aggregate(genericType, (all, one) => all.Union(one));

    public ImmutableHashSet<string> GetFunctionPointerType(
        MethodSignature<ImmutableHashSet<string>> signature) =>
        signature.ParameterTypes.Aggregate(signature.ReturnType, (all, one) => all.Union(one));

    public ImmutableHashSet<string> GetModifiedType(
        ImmutableHashSet<string> modifier,
        ImmutableHashSet<string> unmodifiedType,
        bool isRequired) =>
        modifier.Union(unmodifiedType);

    public ImmutableHashSet<string> GetArrayType(
        ImmutableHashSet<string> elementType, ArrayShape shape) => elementType;

    public ImmutableHashSet<string> GetSZArrayType(ImmutableHashSet<string> elementType) =>
        elementType;

    public ImmutableHashSet<string> GetByReferenceType(ImmutableHashSet<string> elementType) =>
        elementType;

    public ImmutableHashSet<string> GetPointerType(ImmutableHashSet<string> elementType) =>
        elementType;

    public ImmutableHashSet<string> GetPinnedType(ImmutableHashSet<string> elementType) =>
        elementType;

    public ImmutableHashSet<string> GetPrimitiveType(PrimitiveTypeCode typeCode) => None;

    public ImmutableHashSet<string> GetGenericMethodParameter(object? genericContext, int index) =>
        None;

    public ImmutableHashSet<string> GetGenericTypeParameter(object? genericContext, int index) =>
        None;
}
