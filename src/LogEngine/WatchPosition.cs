using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LogEngine;

/// <summary>
/// A place in the changes of a keyspace: a watch that begins there tells what was committed behind it. To be
/// kept, as two numbers or as text, by who wants to go on later.
/// </summary>
/// <remarks>
/// It belongs to the keyspace that it was given for, and to the store: a copy of a store that has gone on by
/// itself, such as a restored backup, has changes of its own at the same places. Begin anew there.
/// </remarks>
/// <param name="Commit">
/// The commit up to which, and with which, everything is known; 0 for the beginning of the store. Higher is later.
/// </param>
/// <param name="Incarnation">
/// Which keyspace of that name it was, since one that is dropped and written again is another one; 0 where
/// there was none.
/// </param>
public readonly record struct WatchPosition(long Commit, long Incarnation)
{
    /// <summary>Reads what <see cref="ToString"/> has written.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is no position.</exception>
    public static WatchPosition Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out WatchPosition position)
            ? position
            : throw new FormatException($"'{text}' is no position of a watch, as '1234.5' is.");
    }

    /// <summary>The same; false where it is no position.</summary>
    /// <param name="text">The text.</param>
    /// <param name="position">The position.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out WatchPosition position)
    {
        position = default;
        int point = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (point < 0
            || !TryParse(text.AsSpan(0, point), out long commit)
            || !TryParse(text.AsSpan(point + 1), out long incarnation))
        {
            return false;
        }

        position = new WatchPosition(commit, incarnation);
        return true;
    }

    /// <summary>Both numbers with a point between them.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Commit}.{Incarnation}");

    private static bool TryParse(ReadOnlySpan<char> digits, out long number) => long.TryParse(
        digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
