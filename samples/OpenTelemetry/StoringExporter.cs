using System.Diagnostics;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.PersistentStorage.Abstractions;

namespace OpenTelemetrySample;

/// <summary>
/// An exporter that keeps what it could not send, and tries again before it sends what is new.
/// </summary>
/// <param name="storage">Where it keeps it.</param>
/// <param name="send">Sends; false where that failed.</param>
internal sealed class StoringExporter(PersistentBlobProvider storage, Func<string, bool> send)
    : BaseExporter<Activity>
{
    private const int LeaseMilliseconds = 500;

    public override ExportResult Export(in Batch<Activity> batch)
    {
        foreach (Activity activity in batch)
        {
            string span = $"{activity.DisplayName} took {activity.Duration.TotalMicroseconds:F0} µs";
            if (!(SendStored() && send(span)) && !storage.TryCreateBlob(Encoding.UTF8.GetBytes(span).AsSpan(), out _))
            {
                return ExportResult.Failure;
            }
        }

        return ExportResult.Success;
    }

    /// <summary>False where sending fails: then what is new will not do better.</summary>
    private bool SendStored()
    {
        while (storage.TryGetBlob(out PersistentBlob? blob))
        {
            // Of several who export from the same store one has it. Where this process ends now, it is there again once
            // the lease has ended.
            if (!blob.TryLease(LeaseMilliseconds) || !blob.TryRead(out byte[]? span))
            {
                continue;
            }

            if (!send(Encoding.UTF8.GetString(span)))
            {
                return false;
            }

            blob.TryDelete();
        }

        return true;
    }
}
