namespace LogEngine.Stores.Topics;

/// <summary>Where a group stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cursor">Offset of the first record that it has not committed; 0 where it is damaged.</param>
/// <param name="Lag">Offsets from there to the end of the topic.</param>
public readonly record struct GroupStatus(string Name, long Cursor, long Lag);
