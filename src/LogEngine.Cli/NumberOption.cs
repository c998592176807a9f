using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace LogEngine.Cli;

/// <summary>Numbers on the command line: one that is none, or out of range, is a usage error.</summary>
internal static class NumberOption
{
    /// <summary>The longest time that is taken, in seconds: about 31 years.</summary>
    internal const double MaxSeconds = 1e9;

    /// <summary>A whole number; null where it is not given.</summary>
    internal static Option<T?> Whole<T>(string name, string description, T least, T most)
        where T : struct, IBinaryInteger<T> => new(name)
        {
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => ParseWhole(result, name, least, most),
        };

    /// <summary>A whole number as an argument; null where it is not given.</summary>
    internal static Argument<long?> Id(string name, string description) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens.Count == 0
            ? null
            : ParseWhole(result, name, 1, long.MaxValue),
    };

    /// <summary>Seconds, with a fraction if need be; null where they are not given.</summary>
    internal static Option<TimeSpan?> Seconds(string name, string description, double least = 0) =>
        new(name)
        {
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                if (double.TryParse(
                        result.Tokens[0].Value,
                        NumberStyles.Float,
                        CultureInfo.InvariantCulture,
                        out double seconds)
                    && seconds >= least
                    && seconds <= MaxSeconds)
                {
                    return TimeSpan.FromSeconds(seconds);
                }

                result.AddError(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} takes seconds from {least} to {MaxSeconds:N0}, not "
                    + $"'{result.Tokens[0].Value}'."));
                return null;
            },
        };

    private static T? ParseWhole<T>(ArgumentResult result, string name, T least, T most)
        where T : struct, IBinaryInteger<T>
    {
        if (T.TryParse(
                result.Tokens[0].Value,
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out T value)
            && value >= least
            && value <= most)
        {
            return value;
        }

        result.AddError(string.Create(
            CultureInfo.InvariantCulture,
            $"{name} takes a whole number from {least} to {most}, not '{result.Tokens[0].Value}'."));
        return null;
    }
}
