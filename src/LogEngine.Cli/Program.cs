using System.Runtime.InteropServices;
using LogEngine.Cli;

StandardDescriptors.Settle();
using CancellationTokenSource stop = new();

// Ctrl-C and a polite kill end the command in order: what was acknowledged stays so, and the log is
// closed. A second one ends the process.
void Stop(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await CommandLineTool.RunAsync(args, ToolIO.OfProcess(), stop.Token);
