using System.Reflection;

namespace LogEngine.Stress.Simulated;

/// <summary>What callers do to a <see cref="ValueTask{TResult}"/> against its rules.</summary>
internal static class WrongUse
{
    /// <summary>How many ways there are.</summary>
    internal const int Ways = 5;

    /// <summary>
    /// Whether a pooled object is behind it that is not complete; else there is nothing to misuse.
    /// </summary>
    internal static bool IsPending<T>(in ValueTask<T> task) =>
        !task.IsCompleted && Behind<T>.Source.GetValue(task) is not (null or Task);

    /// <summary>Uses it wrongly; gives what its rightful use comes to, and what was wrong.</summary>
    internal static (Task<T>? Outcome, string? Problem) Do<T>(ValueTask<T> task, int way)
    {
        switch (way)
        {
            case 0:
                return (null, MustThrow("result too early", () => task.GetAwaiter().GetResult()));
            case 1:
                string? early = MustThrow("Result too early", () => _ = task.Result);
                return (task.AsTask(), early);
            case 2:
                Task<T> first = task.AsTask();
                return (first, MustThrow("second await", () => Observe(task.AsTask())));
            case 3:
                Task<T> awaited = task.AsTask();
                string? beside = MustThrow(
                    "result beside an await", () => task.GetAwaiter().GetResult());
                return (awaited, beside);
            default:
                string? twice = null;
                for (int i = 0; i < 3; i++)
                {
                    twice ??= MustThrow("result, thrice", () => task.GetAwaiter().GetResult());
                }

                return (task.AsTask(), twice);
        }
    }

    /// <summary>Of one that has been taken: every use must be refused.</summary>
    internal static string? AskLater<T>(ValueTask<T> task) =>
        task.IsCompletedSuccessfully ? "a task that was taken is complete again"
        : MustThrow("result later", () => task.GetAwaiter().GetResult())
        ?? MustThrow("await later", () => Observe(task.AsTask()));

    /// <summary>A task made of a wrong use throws at once, or holds what it would have thrown.</summary>
    private static void Observe<T>(Task<T> task)
    {
        if (task.IsCompleted)
        {
            task.GetAwaiter().GetResult();
        }
    }

    private static string? MustThrow(string what, Action action)
    {
        try
        {
            action();
            return $"{what}: nothing was thrown";
        }
        catch (InvalidOperationException error) when (error.GetType()
            == typeof(InvalidOperationException))
        {
            return null;
        }
        catch (Exception error)
        {
            return $"{what}: {error.GetType().Name}: {error.Message}";
        }
    }

    private static class Behind<T>
    {
        internal static readonly FieldInfo Source = typeof(ValueTask<T>)
            .GetField("_obj", BindingFlags.Instance | BindingFlags.NonPublic)!;
    }
}
