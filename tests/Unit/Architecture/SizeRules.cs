using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace LogEngine.Unit.Architecture;

/// <summary>
/// What is too large to be read at once: a file, a method, the parameters of a constructor. Lines of code are
/// those that are not blank and not comment alone.
/// </summary>
internal static class SizeRules
{
    internal const int MostFileLines = 350;
    internal const int MostMethodLines = 60;
    internal const int MostConstructorParameters = 7;

    /// <summary>What a comment at the place begins with where it is meant to be so.</summary>
    internal const string Excuse = "// Over the limit:";

    /// <summary>An excuse says why; fewer characters do not.</summary>
    private const int LeastReason = 30;

    /// <summary>What is over a limit without an excuse, and excuses that nothing needs.</summary>
    internal static IEnumerable<string> Breaches(string path, string source)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(source);
        CompilationUnitSyntax root = tree.GetCompilationUnitRoot();
        SourceText text = tree.GetText();
        HashSet<SyntaxTrivia> used = [];
        int lines = LinesOf(root, text);
        if (lines > MostFileLines && !IsExcused(FirstType(root), used))
        {
            yield return $"{path}: {lines} lines of code, {MostFileLines} are allowed";
        }

        foreach (SyntaxNode node in root.DescendantNodes())
        {
            if (IsMethod(node) && LinesOf(node, text) is > MostMethodLines and int length
                && !IsExcused(node, used))
            {
                yield return $"{path}: {NameOf(node)} has {length} lines of code, "
                    + $"{MostMethodLines} are allowed";
            }

            if (ParametersOf(node) is > MostConstructorParameters and int count
                && !IsExcused(node, used))
            {
                yield return $"{path}: the constructor of {NameOf(node)} has {count} parameters, "
                    + $"{MostConstructorParameters} are allowed";
            }
        }

        foreach (SyntaxTrivia comment in root.DescendantTrivia().Where(IsExcuse))
        {
            if (!used.Contains(comment))
            {
                yield return $"{path}: '{comment}' excuses nothing, or does not say why";
            }
        }
    }

    private static bool IsMethod(SyntaxNode node) => node
        is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
        or PropertyDeclarationSyntax { ExpressionBody: not null };

    /// <summary>Parameters of a constructor, also of one that stands at its type's name.</summary>
    private static int? ParametersOf(SyntaxNode node) => node switch
    {
        ConstructorDeclarationSyntax one => one.ParameterList.Parameters.Count,
        TypeDeclarationSyntax type => type.ParameterList?.Parameters.Count,
        _ => null,
    };

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        LocalFunctionStatementSyntax local => local.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        AccessorDeclarationSyntax { Parent.Parent: { } owner } => NameOf(owner),
        _ => node.Kind().ToString(),
    };

    private static int LinesOf(SyntaxNode node, SourceText text)
    {
        HashSet<int> lines = [];
        foreach (SyntaxToken token in node.DescendantTokens())
        {
            LinePositionSpan span = text.Lines.GetLinePositionSpan(token.Span);
            if (token.Span.IsEmpty)
            {
                continue;
            }

            for (int line = span.Start.Line; line <= span.End.Line; line++)
            {
                lines.Add(line);
            }
        }

        return lines.Count;
    }

    private static SyntaxNode FirstType(CompilationUnitSyntax root) =>
        root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>().FirstOrDefault() ?? (SyntaxNode)root;

    private static bool IsExcused(SyntaxNode node, HashSet<SyntaxTrivia> used)
    {
        bool found = false;
        foreach (SyntaxTrivia comment in node.GetLeadingTrivia().Where(IsExcuse))
        {
            found |= comment.ToString().Length >= Excuse.Length + LeastReason && used.Add(comment);
            found |= used.Contains(comment);
        }

        return found;
    }

    private static bool IsExcuse(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia)
        && trivia.ToString().StartsWith(Excuse, StringComparison.Ordinal);
}
