namespace LogEngine.Storage;

internal sealed class RealFileSystem
{
}
