using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>
/// Markup as it is written. What stands in the source is markup; whatever is put into it is text, and is encoded: there
/// is no way to write a string as markup.
/// </summary>
internal sealed class Html
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _markup = new();

    /// <summary>Writes an interpolated string: literal parts as they are, the others encoded.</summary>
#pragma warning disable CA1822 // The content has been written by its handler.
    internal void Write([InterpolatedStringHandlerArgument("")] Content content)
    {
    }
#pragma warning restore CA1822

    /// <summary>Writes what was written elsewhere.</summary>
    internal void Write(Html part) => _markup.Append(part._markup);

    public override string ToString() => _markup.ToString();

    [InterpolatedStringHandler]
    internal readonly ref struct Content
    {
        private readonly StringBuilder _markup;

        public Content(int literalLength, int formattedCount, Html html)
        {
            _markup = html._markup;
            _markup.EnsureCapacity(_markup.Length + literalLength + (formattedCount * 16));
        }

        public void AppendLiteral(string markup) => _markup.Append(markup);

        public void AppendFormatted(string? text)
        {
            if (text is not null)
            {
                _markup.Append(Encoder.Encode(Shown.Visible(text)));
            }
        }

        /// <summary>A name that somebody gave, apart from the direction of what is around it.</summary>
        public void AppendFormatted(Name name)
        {
            AppendLiteral("<bdi class=\"name\">");
            AppendFormatted(name.Text);
            AppendLiteral("</bdi>");
        }

        public void AppendFormatted(long number) =>
            _markup.Append(number.ToString("#,0", CultureInfo.InvariantCulture));

        /// <summary>A number of a picture, without anything between its digits.</summary>
        public void AppendFormatted(double number) =>
            _markup.Append(number.ToString("0.###", CultureInfo.InvariantCulture));

        public void AppendFormatted(DateTimeOffset time)
        {
            AppendLiteral("<time datetime=\"");
            _markup.Append(time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
            AppendLiteral("\">");
            _markup.Append(time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
            AppendLiteral(" UTC</time>");
        }
    }
}

/// <summary>A name that somebody gave: it may be long, and of any characters.</summary>
internal readonly record struct Name(string Text);
