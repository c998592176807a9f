using LogEngine.Unit.Index;

namespace LogEngine.Properties;

public sealed class IndexProperties
{
    /// <summary>Keys of every family, 40 times each in the mean.</summary>
    [Checked(280, typeof(IndexStep))]
    public void Any_changes_give_what_a_sorted_map_gives(KeyFamily family, IndexStep[] steps)
    {
        using IndexModel model = new();
        foreach (IndexStep step in steps)
        {
            Do(model, family, step);
        }

        while (model.PinCount > 0)
        {
            model.Unpin(0);
        }

        model.Publish();
        model.CheckAll();
    }

    private static void Do(IndexModel model, KeyFamily family, IndexStep step)
    {
        byte[] first = KeyFamilies.Of(family, 1, step.First);
        byte[] second = KeyFamilies.Of(family, 1, step.Second);
        int many = step.Second % 150;
        switch (step.Do)
        {
            case IndexDo.Put:
                model.Put(first);
                break;
            case IndexDo.PutExpiring:
                model.Put(first, step.Second + 1);
                break;
            case IndexDo.PutMany:
                Each(many, i => model.Put(KeyFamilies.Of(family, 1, (step.First + i) % 700), i % 2));
                break;
            case IndexDo.Remove:
                model.Remove(first);
                break;
            case IndexDo.RemoveMany:
                Each(many, i => model.Remove(KeyFamilies.Of(family, 1, (step.First + i) % 700)));
                break;
            case IndexDo.RemoveRange:
                model.RemoveRange(step.First == 0 ? [] : first, step.Second == 0 ? [] : second);
                break;
            case IndexDo.Move:
                model.Move(first, expectRight: true);
                break;
            case IndexDo.MoveWrongly:
                model.Move(first, expectRight: false);
                break;
            case IndexDo.Publish:
                model.Publish();
                break;
            case IndexDo.Discard:
                model.Discard();
                break;
            case IndexDo.Pin:
                model.Pin();
                break;
            case IndexDo.Unpin when model.PinCount > 0:
                model.Unpin(step.First % model.PinCount);
                break;
            case IndexDo.ReadRange:
                model.CheckRange(first, second);
                model.CheckRange([], second);
                model.CheckRange(first, []);
                break;
            case IndexDo.ReadMany:
                model.CheckMany(
                    [.. Enumerable.Range(step.First, 20).Select(i => KeyFamilies.Of(family, 1, i))]);
                break;
        }
    }

    private static void Each(int count, Action<int> action)
    {
        for (int i = 0; i < count; i++)
        {
            action(i);
        }
    }
}
