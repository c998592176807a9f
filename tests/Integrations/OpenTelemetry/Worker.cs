using System.Globalization;
using System.Text;

namespace LogEngine.OpenTelemetryTests;

/// <summary>
/// What is killed: this program, started with a directory and the first number. It stores numbers, each in a blob, and
/// on another thread leases what is there and deletes every second one; a line before and after each of these.
/// </summary>
internal static class Worker
{
    internal static async Task<int> Main(string[] arguments)
    {
        Orphan.EndWithParent();
        int number = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(arguments[0]);
        LogEngineBlobProvider provider = new(engine);
        Say("ready");
        Thread sending = new(() => Send(provider)) { IsBackground = true };
        sending.Start();
        while (true)
        {
            byte[] content = Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{number} {new string('x', number % 1000)}"));
            if (provider.TryCreateBlob(content.AsSpan(), number % 4 == 0 ? 1 : 0, out _))
            {
                Say($"stored {number}");
            }

            number++;
        }
    }

    private static void Send(LogEngineBlobProvider provider)
    {
        while (true)
        {
            foreach (PersistentBlob blob in provider.GetBlobs().Take(3))
            {
                if (blob.TryLease(3_600_000) && blob.TryRead(out byte[]? content))
                {
                    string number = Encoding.UTF8.GetString(content).Split(' ')[0];
                    if (int.Parse(number, CultureInfo.InvariantCulture) % 2 == 0)
                    {
                        Say($"deleting {number}");
                        blob.TryDelete();
                        Say($"deleted {number}");
                    }
                    else
                    {
                        Say($"leased {number}");
                    }
                }
            }
        }
    }

    private static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
