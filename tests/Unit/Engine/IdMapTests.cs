using LogEngine.Engine;

namespace LogEngine.Unit.Engine;

public sealed class IdMapTests
{
    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 5000)]
    [InlineData(3, int.MaxValue)]
    public void Every_version_shows_what_was_there_when_it_was_frozen(int seed, int ids)
    {
        Random random = new(seed);
        IdMap<long> map = new();
        Dictionary<uint, long> model = [];
        List<(IdMap<long>.Version Version, KeyValuePair<uint, long>[] Expected)> frozen = [];
        for (int step = 0; step < 3000; step++)
        {
            uint id = (uint)random.Next(ids) * (uint)random.Next(1, 3);
            long value = random.Next(3) == 0 ? 0 : random.Next(1, 1000);
            map.Set(id, value);
            _ = value == 0 ? model.Remove(id) : (model[id] = value) > 0;
            Assert.Equal(value, map[id]);
            if (random.Next(100) == 0)
            {
                frozen.Add((map.Freeze(), [.. model.OrderBy(one => one.Key)]));
            }
        }

        Assert.All(frozen, one =>
        {
            Assert.Equal(
                one.Expected,
                one.Version.All.Select(found => KeyValuePair.Create(found.Id, found.Value)));
            Assert.All(one.Expected, pair => Assert.Equal(pair.Value, one.Version[pair.Key]));
            Assert.Equal(0, one.Version[uint.MaxValue - 7]);
        });
    }

    [Fact]
    public void The_highest_id_is_one_like_others()
    {
        IdMap<string> map = new();
        map.Set(uint.MaxValue, "last");
        map.Set(0, "first");
        IdMap<string>.Version both = map.Freeze();
        map.Set(uint.MaxValue, null);
        map.Set(uint.MaxValue - 1, null);
        Assert.Equal([(0u, "first"), (uint.MaxValue, "last")], both.All);
        Assert.Equal([(0u, "first")], map.Freeze().All);
    }
}
