using CrashTest;
using LogEngine;
using LogEngine.Testing;

// Ten transfers; before each change of the disk, ten power losses; after each of them, the
// invariant.
int states = 0;
int broken = 0;
for (int seed = 1; seed <= 20; seed++)
{
    SimulatedDisk disk = new(seed);
    WriteAheadLog log = disk.OpenLog("/ledger");
    Transfers transfers = new(log);
    long acknowledged = 0;

    disk.BeforeChange = _ =>
    {
        for (int crash = 0; crash < 10; crash++)
        {
            SimulatedDisk crashed = disk.Crash(crash);
            WriteAheadLog recovered = crashed.OpenLog("/ledger");
            (long taken, long given) = new Transfers(recovered).Sum();
            crashed.Run(() => recovered.CloseAsync().AsTask());
            states++;
            if (taken != given || given < acknowledged)
            {
                broken++;
                Console.WriteLine(
                    $"seed {seed}, crash {crash} after operation {disk.Operations}: {taken} taken, "
                    + $"{given} given, {acknowledged} acknowledged");
            }
        }
    };

    disk.Run(async () =>
    {
        for (int amount = 1; amount <= 10; amount++)
        {
            await transfers.MoveAsync(amount);
            acknowledged += amount;
        }

        await log.CloseAsync();
    });
}

Console.WriteLine($"{states} crash states, {broken} of them broken");
return broken == 0 ? 0 : 1;
