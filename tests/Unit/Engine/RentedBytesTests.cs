namespace LogEngine.Unit.Engine;

/// <summary>Pooled arrays in the test build.</summary>
public sealed class RentedBytesTests
{
    [Fact]
    public void What_is_given_back_is_overwritten_in_tests()
    {
        Assert.True(RentedBytes.Poisons);
        byte[] rented = RentedBytes.Rent(100);
        rented.AsSpan().Fill(1);
        RentedBytes.Return(rented);
        Assert.All(rented, at => Assert.Equal(RentedBytes.Poison, at));
    }
}
