namespace LogEngine.IndexModel;

/// <summary>The index did not do what its model does.</summary>
internal sealed class IndexDifferenceException(string message) : Exception(message);
