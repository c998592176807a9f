using System.Globalization;
using FsCheck.Xunit;

namespace LogEngine.Properties;

/// <summary>
/// A property with the same cases on every machine, or others with LOGENGINE_SEED set to a number. A
/// failure prints the seed that reproduces it and what is left of the case after shrinking.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CheckedAttribute : PropertyAttribute
{
    private const ulong DefaultSeed = 20_260_102;

    /// <summary>So many cases, with steps of the types that the property takes.</summary>
    /// <param name="times">How many cases.</param>
    /// <param name="cases">Types whose public static members say how cases are drawn.</param>
    public CheckedAttribute(int times, params Type[] cases)
    {
        string? set = Environment.GetEnvironmentVariable("LOGENGINE_SEED");
        ulong seed = set is null ? DefaultSeed : ulong.Parse(set, CultureInfo.InvariantCulture);

        // FsCheck wants an odd gamma.
        Replay = string.Create(CultureInfo.InvariantCulture, $"{seed},{(seed * 2) + 1}");
        MaxTest = times;
        Arbitrary = cases;
        QuietOnSuccess = true;
    }

    /// <summary>What the property's files are written with; skipped where they cannot be.</summary>
    public IoMode Needs
    {
        get => field;
        set
        {
            field = value;
            Skip = Machine.WhyNot(value);
        }
    }
}
