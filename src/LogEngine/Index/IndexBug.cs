#if LOGENGINE_PLANTED_BUGS
namespace LogEngine.Index;

/// <summary>
/// Mistakes that the index's model test must find. None of them is in a shipped build.
/// </summary>
internal enum IndexBug
{
    None,

    /// <summary>Separators on their way up point into a scratch that is filled anew.</summary>
    SeparatorInScratch,

    /// <summary>A separator is what both neighbours begin with, not above the left one.</summary>
    SeparatorTooShort,

    /// <summary>The separator that moves up from a branch stays in it as well.</summary>
    SplitKeepsSeparator,

    /// <summary>A key without a page's prefix goes into the page.</summary>
    PrefixNotCompared,

    /// <summary>The near leaf takes keys behind its last one.</summary>
    NearTakesBeyondEnd,

    /// <summary>The near leaf is still believed in after a split.</summary>
    NearAfterSplit,

    /// <summary>Two branches are joined without the separator between them.</summary>
    JoinLosesSeparator,

    /// <summary>A join frees the long separator that it took down.</summary>
    JoinFreesOverflow,

    /// <summary>A branch whose first child goes keeps pointing to it.</summary>
    FirstChildStays,

    /// <summary>A removed range takes the key at its end along.</summary>
    RangeTakesItsEnd,

    /// <summary>What is left at a range's end keeps its old place in the branch.</summary>
    RangeLosesLastChild,

    /// <summary>A range takes pages out and not the long keys in them.</summary>
    RangeLeaksOverflow,

    /// <summary>Long keys are compared by what is in their first page.</summary>
    OverflowFirstPartOnly,

    /// <summary>A value that gets an expiry forgets where its long key is.</summary>
    OverflowLeaks,

    /// <summary>Keys that are padded with zeros are taken for equal.</summary>
    LengthNotCompared,

    /// <summary>A key equal to a separator is looked for left of it.</summary>
    EqualGoesLeft,

    /// <summary>A cursor ends with the branch that it began in.</summary>
    CursorEndsWithBranch,

    /// <summary>A get of many takes each key together with the one before.</summary>
    ManyTakesTooMuch,

    /// <summary>A page that the newest published state has is changed in place.</summary>
    ChangedInPlace,

    /// <summary>Retired pages are freed under a pin.</summary>
    FreedUnderPin,

    /// <summary>Long keys of a state that is given up stay.</summary>
    DiscardLeaksOverflow,

    /// <summary>The builder's separators are too short.</summary>
    BuilderSeparatorTooShort,
}
#endif
