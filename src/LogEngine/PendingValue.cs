namespace LogEngine;

/// <summary>
/// A value that a store puts into a batch and that is known only once the batch is committed, such as the
/// number that a row gets.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
/// <remarks>Thread-safe.</remarks>
public sealed class PendingValue<T>
{
    private readonly Lock _gate = new();
    private bool _isKnown;
    private T? _value;

    internal PendingValue()
    {
    }

    /// <summary>The batch has been committed.</summary>
    public bool IsKnown
    {
        get
        {
            lock (_gate)
            {
                return _isKnown;
            }
        }
    }

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">
    /// The batch has not been committed, was refused, or its commit failed.
    /// </exception>
    public T Value
    {
        get
        {
            lock (_gate)
            {
                return _isKnown
                    ? _value!
                    : throw new InvalidOperationException(
                        "The value is known once the batch it is in has been committed.");
            }
        }
    }

    internal void Set(T value)
    {
        lock (_gate)
        {
            _value = value;
            _isKnown = true;
        }
    }
}
