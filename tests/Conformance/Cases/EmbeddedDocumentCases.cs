using LogEngine.Conformance.Backends;

namespace LogEngine.Conformance.Cases;

/// <summary>Documents, beyond the contract of an engine: damage in files.</summary>
internal static class EmbeddedDocumentCases
{
    private const string Store = "DocumentStore";

    [Case(Store, "checksum")]
    internal static async Task A_damaged_document_is_reported_with_its_place(StoreSession s)
    {
        await s.Documents.SaveAsync("sound", Listing.Json("\"untouched\""));
        await s.Documents.SaveAsync("k", Listing.Json("\"to be damaged\""));
        await s.DamageAsync("to be damaged"u8.ToArray());
        for (int i = 0; i < 2; i++)
        {
            CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
                async () => await s.Documents.LoadAsync("k"));
            Assert.EndsWith(".seg", error.Path, StringComparison.Ordinal);
            Assert.True(error.Offset > 0);
            Assert.Equal(
                "untouched", (await s.Documents.LoadAsync("sound"))!.Value.GetString());
            Assert.Equal(2, (await s.Documents.ListAsync().ToListAsync()).Count);
            await s.StepAsync();
        }

        Assert.True(await s.Documents.DeleteAsync("k"));
        Assert.Null(await s.Documents.LoadAsync("k"));
    }
}
