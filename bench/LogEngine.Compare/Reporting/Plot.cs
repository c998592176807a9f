namespace LogEngine.Compare.Reporting;

/// <summary>Lines over one axis.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">Name of the horizontal axis.</param>
/// <param name="Y">Name and unit of the vertical axis.</param>
/// <param name="Lines">One for each engine.</param>
internal sealed record Plot(string Title, string X, string Y, IReadOnlyList<PlotLine> Lines)
{
    /// <summary>Whether the horizontal axis goes by factors; else from 0 in equal steps.</summary>
    internal bool IsLogX { get; init; }

    /// <summary>Whether the vertical axis goes by factors; else from 0 in equal steps.</summary>
    internal bool IsLogY { get; init; }

    /// <summary>Names of the horizontal positions 0, 1 and so on, where these are no numbers.</summary>
    internal IReadOnlyList<string>? Names { get; init; }
}

/// <summary>One line; its points go from left to right.</summary>
internal sealed record PlotLine(string Engine, IReadOnlyList<PlotPoint> Points);

/// <summary>A point in the units of the axes.</summary>
internal readonly record struct PlotPoint(double X, double Y);
