using System.Buffers;

namespace LogEngine.Unit.Log;

/// <summary>Appends that find no room, while room is made before they stand in line.</summary>
public sealed class RoomBetweenTests
{
    [Fact]
    public async Task They_are_appended_and_complete()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            scratch.Path, SmallLogs.Options() with { SpareSegments = 0 });
        int hadNoRoom = 0;
        for (int i = 0; i < 400; i++)
        {
            SlowMemory memory = new(Payloads.Of(3000, i));
            Assert.Equal(
                i + 1, await log.AppendAsync(memory.Memory, Durability.None).AsTask().Soon());
            hadNoRoom += memory.WasCopied ? 1 : 0;
        }

        Assert.True(hadNoRoom > 0, "there was room all the time");
        Assert.Equal(400, log.LastSequence);
    }

    /// <summary>
    /// Memory of its own kind, which is asked for when it is wrapped and when it is appended, and again only
    /// by an append that is about to stand in line: then its owner takes his time.
    /// </summary>
    private sealed class SlowMemory(byte[] bytes) : MemoryManager<byte>
    {
        private int _asked;

        internal bool WasCopied => _asked > 2;

        public override Span<byte> GetSpan()
        {
            if (++_asked > 2)
            {
                Thread.Sleep(50);
            }

            return bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
