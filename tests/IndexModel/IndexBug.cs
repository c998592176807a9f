namespace LogEngine.Index;

/// <summary>
/// Mistakes that the model test must find; Bugs/NAME.patch says and does what each is.
/// </summary>
internal enum IndexBug
{
    None,
    SeparatorInScratch,
    SeparatorTooShort,
    SplitKeepsSeparator,
    PrefixNotCompared,
    NearTakesBeyondEnd,
    NearAfterSplit,
    JoinLosesSeparator,
    JoinFreesOverflow,
    FirstChildStays,
    RangeTakesItsEnd,
    RangeLosesLastChild,
    RangeLeaksOverflow,
    OverflowFirstPartOnly,
    OverflowLeaks,
    LengthNotCompared,
    EqualGoesLeft,
    CursorEndsWithBranch,
    ManyTakesTooMuch,
    ChangedInPlace,
    FreedUnderPin,
    DiscardLeaksOverflow,
    BuilderSeparatorTooShort,
}
