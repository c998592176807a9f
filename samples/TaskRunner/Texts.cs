using System.Text;

namespace TaskRunner;

/// <summary>Texts to work on; they stand for something fetched from outside.</summary>
internal static class Texts
{
    internal const int SliceBytes = 1000;

    internal static IReadOnlyList<string> Names { get; } =
        [.. Enumerable.Range(1, 12).Select(i => $"text-{i}")];

    internal static byte[] Content(string name)
    {
        Random random = new(name.Length + name[^1]);
        StringBuilder text = new();
        while (text.Length < 12_000)
        {
            text.Append('x', random.Next(1, 12)).Append(' ', random.Next(1, 3));
        }

        return Encoding.UTF8.GetBytes($"{name} {text}");
    }
}
