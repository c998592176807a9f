using Akka.Actor;
using Akka.Persistence;

namespace AkkaSample;

/// <summary>What is asked of an account: pay in, or out where it is below zero.</summary>
public sealed record Pay(int Amount);

/// <summary>It was paid: what is stored.</summary>
public sealed record Paid(string Account, int Amount);

/// <summary>An account whose balance is made of all that was paid.</summary>
internal sealed class Account : ReceivePersistentActor
{
    private int _balance;

    public Account(string number)
    {
        PersistenceId = $"account-{number}";
        Recover<Paid>(paid => _balance += paid.Amount);
        Recover<SnapshotOffer>(offer => _balance = Convert.ToInt32(
            offer.Snapshot, System.Globalization.CultureInfo.InvariantCulture));
        Command<Pay>(pay =>
        {
            if (_balance + pay.Amount < 0)
            {
                Sender.Tell(_balance);
                return;
            }

            // The handler runs once the event survives a power loss.
            Persist(new Paid(number, pay.Amount), paid =>
            {
                _balance += paid.Amount;
                Sender.Tell(_balance);
                if (LastSequenceNr % 100 == 0)
                {
                    SaveSnapshot(_balance);
                }
            });
        });
        Command<SaveSnapshotSuccess>(saved => DeleteSnapshots(
            new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1)));
        Command<DeleteSnapshotsSuccess>(_ => { });
    }

    public override string PersistenceId { get; }
}
