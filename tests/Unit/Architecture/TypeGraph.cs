using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace LogEngine.Unit.Architecture;

/// <summary>
/// A use of one type by another: both with their namespaces, nested ones by the outer.
/// </summary>
internal readonly record struct TypeUse(string From, string To);

/// <summary>A use of a member that is not public: by which type, of which, its name.</summary>
internal readonly record struct HiddenUse(string From, string To, string Member);

/// <summary>
/// Which types use which, read from an assembly's compiled metadata: bases, interfaces, signatures,
/// attributes, and every token in a method body.
/// </summary>
internal sealed class TypeGraph
{
    private readonly MetadataReader _metadata;
    private readonly HashSet<TypeUse> _uses = [];
    private readonly HashSet<HiddenUse> _hiddenUses = [];
    private readonly HashSet<string> _nativeImporters = [];
    private readonly SignatureTypes _signatures;

    /// <summary>The type that is being read.</summary>
    private readonly string _from = "";

    private TypeGraph(PEReader image)
    {
        _metadata = image.GetMetadataReader();
        _signatures = new SignatureTypes(NameOf);
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            _from = NameOf(handle);
            Visit(_metadata.GetTypeDefinition(handle), image);
        }
    }

    internal IReadOnlyCollection<TypeUse> Uses => _uses;

    /// <summary>Uses of members of this assembly that are not public, by code.</summary>
    internal IReadOnlyCollection<HiddenUse> HiddenUses => _hiddenUses;

    /// <summary>Types with methods that are implemented in a native library.</summary>
    internal IReadOnlyCollection<string> NativeImporters => _nativeImporters;

    internal static TypeGraph Of(string assemblyPath)
    {
        using PEReader image = new(File.OpenRead(assemblyPath));
        return new TypeGraph(image);
    }

    private void Visit(TypeDefinition type, PEReader image)
    {
        Note(type.BaseType);
        foreach (InterfaceImplementationHandle handle in type.GetInterfaceImplementations())
        {
            Note(_metadata.GetInterfaceImplementation(handle).Interface);
        }

        foreach (FieldDefinitionHandle handle in type.GetFields())
        {
            NoteAll(_metadata.GetFieldDefinition(handle).DecodeSignature(_signatures, null));
        }

        foreach (MethodDefinitionHandle handle in type.GetMethods())
        {
            Visit(_metadata.GetMethodDefinition(handle), image);
        }
    }

    private void Visit(MethodDefinition method, PEReader image)
    {
        NoteSignature(method.DecodeSignature(_signatures, null));
        if (!method.GetImport().Module.IsNil)
        {
            _nativeImporters.Add(_from);
        }

        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }

        MethodBodyBlock body = image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            StandaloneSignature locals = _metadata.GetStandaloneSignature(body.LocalSignature);
            locals.DecodeLocalSignature(_signatures, null).ToList().ForEach(NoteAll);
        }

        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            Note(region.CatchType);
        }

        foreach (EntityHandle token in MethodTokens.Of(body.GetILReader()))
        {
            NoteToken(token);
        }
    }

    private void NoteToken(EntityHandle token)
    {
        switch (token.Kind)
        {
            case HandleKind.MethodDefinition:
                MethodDefinition method =
                    _metadata.GetMethodDefinition((MethodDefinitionHandle)token);
                Note(method.GetDeclaringType());
                if ((method.Attributes & MethodAttributes.MemberAccessMask)
                    != MethodAttributes.Public)
                {
                    _hiddenUses.Add(new HiddenUse(
                        _from, NameOf(method.GetDeclaringType()), _metadata.GetString(method.Name)));
                }

                break;
            case HandleKind.FieldDefinition:
                FieldDefinition field = _metadata.GetFieldDefinition((FieldDefinitionHandle)token);
                Note(field.GetDeclaringType());
                if ((field.Attributes & FieldAttributes.FieldAccessMask) != FieldAttributes.Public)
                {
                    _hiddenUses.Add(new HiddenUse(
                        _from, NameOf(field.GetDeclaringType()), _metadata.GetString(field.Name)));
                }

                break;
            case HandleKind.MemberReference:
                Note(_metadata.GetMemberReference((MemberReferenceHandle)token).Parent);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification generic =
                    _metadata.GetMethodSpecification((MethodSpecificationHandle)token);
                NoteToken(generic.Method);
                generic.DecodeSignature(_signatures, null).ToList().ForEach(NoteAll);
                break;
            default:
                Note(token);
                break;
        }
    }

    private void NoteSignature(MethodSignature<ImmutableHashSet<string>> signature)
    {
        NoteAll(signature.ReturnType);
        signature.ParameterTypes.ToList().ForEach(NoteAll);
    }

    private void Note(EntityHandle type)
    {
        switch (type.Kind)
        {
            case HandleKind.TypeDefinition or HandleKind.TypeReference when !type.IsNil:
                _uses.Add(new TypeUse(_from, NameOf(type)));
                break;
            case HandleKind.TypeSpecification:
                NoteAll(_metadata.GetTypeSpecification((TypeSpecificationHandle)type)
                    .DecodeSignature(_signatures, null));
                break;
        }
    }

    private void NoteAll(ImmutableHashSet<string> types) =>
        _uses.UnionWith(types.Select(to => new TypeUse(_from, to)));

    private string NameOf(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
        {
            TypeDefinition type = _metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
            return type.GetDeclaringType() is { IsNil: false } outer
                ? NameOf(outer)
                : FullName(type.Namespace, type.Name);
        }

        TypeReference reference = _metadata.GetTypeReference((TypeReferenceHandle)handle);
        return reference.ResolutionScope.Kind == HandleKind.TypeReference
            ? NameOf(reference.ResolutionScope)
            : FullName(reference.Namespace, reference.Name);
    }

    private string FullName(StringHandle space, StringHandle name) =>
        $"{_metadata.GetString(space)}.{_metadata.GetString(name)}";
}
