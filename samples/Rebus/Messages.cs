namespace RebusSample;

/// <summary>A customer orders.</summary>
public sealed record PlaceOrder(int Number, int Amount);

/// <summary>The order has been paid.</summary>
public sealed record OrderPaid(int Number);

/// <summary>Nobody has paid for some time.</summary>
public sealed record PaymentIsLate(int Number);

/// <summary>What others may want to know.</summary>
public sealed record OrderShipped(int Number, int Amount);
