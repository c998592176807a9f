namespace LogEngine.Unit.PublicApi;

/// <summary>
/// The public surface changes only on purpose: with this file, in the same commit.
/// </summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "PublicApi", "LogEngine.approved.txt");
        string actual = PublicApiText.Of(typeof(WriteAheadLog).Assembly);
        string[] approved = File.Exists(path) ? File.ReadAllText(path).Split('\n') : [];
        string[] present = actual.Split('\n');
        if (!approved.SequenceEqual(present))
        {
            string received = Path.Combine(Path.GetTempPath(), "LogEngine.received.txt");
            File.WriteAllText(received, actual);
            Assert.Fail(
                "The public surface differs from tests/Unit/PublicApi/LogEngine.approved.txt:\n"
                + string.Join('\n', approved.Except(present).Select(line => "- " + line))
                + "\n"
                + string.Join('\n', present.Except(approved).Select(line => "+ " + line))
                + $"\nIf that is meant, copy {received} over it.");
        }
    }
}
