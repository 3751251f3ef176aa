"""HTML: what a browser would show, as lines; and what it would not."""

import pytest

from assistant.documents.document import Heading, Places
from assistant.documents.read import decode_document
from assistant.errors import InvalidDocument


def text_of(html: str) -> str:
    return decode_document(f"<!DOCTYPE html><body>{html}".encode(), "a.html").text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one <b>bold</b>\n  word<p>two", "one bold word\n\ntwo\n"),
        ("a<br>b<hr>c", "a\nb\n\nc\n"),
        ("<h2>Title <i>here</i></h2>text", "## Title here\n\ntext\n"),
        ("<ul><li>one<li>two<ul><li>deep</ul><li>three</ul>after", "- one\n- two\n  - deep\n- three\n\nafter\n"),
        ("<ol start=4><li>four<li><p>five<p>more</ol>", "4. four\n5. five\n   more\n".replace("   more", "  more")),
        ("<ol><li value=9>nine<li>ten</ol>", "9. nine\n10. ten\n"),
        ("<table><tr><th>A<th>B<tr><td><p>1</p><p>x</p><td>2</table>", "A | B\n1 x | 2\n"),
        ("<table><tr><td>left<table><tr><td>a<td>b</table><td>right</table>", "left\n\na | b\n\nright\n"),
        ("<table><tr><td><h1>T</h1>text<td>side</table>", "# T\n\ntext\n\nside\n"),
        ("<pre>\n def f():\n     pass\n</pre>end", " def f():\n     pass\n\nend\n"),
        ("10<sup>6</sup> m<sup>2</sup> H<sub>2</sub>O 1<sup>st</sup>", "10⁶ m² H₂O 1st\n"),
        ("<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字(かんじ)\n"),
        ("<q>said</q> &lt;b&gt; &amp;copy; &eacute;", "“said” <b> &copy; é\n"),
        ("<dl><dt>word<dd>meaning</dl>", "word\n\nmeaning\n"),
        ("x<script>alert(1)</script><style>p{}</style><template>t</template><noscript>n</noscript>", "x\n"),
        ("a<!-- comment --><?php echo 1 ?>b", "ab\n"),
        ("un<span>closed<div>text", "unclosed\n\ntext\n"),
        ("<p>x</b></div></table></li></ul>y", "xy\n"),
    ],
)
def test_what_is_shown(html: str, text: str) -> None:
    assert text_of(html) == text


def test_headings_have_their_places() -> None:
    page = "<title>Page — Site</title><p>intro</p><h2>One</h2><p>text</p><h7>no</h7><h3>Two\n lines</h3><p>end</p>"
    document = decode_document(page.encode(), "a.html")
    assert document.text.startswith("# Page — Site\n\nintro\n\n## One\n\ntext")
    assert [(each.level, each.title) for each in document.headings] == [
        *((1, "Page — Site"), (2, "One"), (3, "Two lines")),
    ]
    start = document.text.index("end")
    assert Places(document).of(start, start + 3).heading == "Two lines"


def test_a_title_gives_way_to_a_heading_of_its_rank() -> None:
    document = decode_document(b"<html><title>Page</title><h1>Head</h1>text", "a.html")
    assert (document.text, document.headings) == ("# Head\n\ntext\n", (Heading(0, 1, "Head"),))


def test_hidden_text_and_images_are_told() -> None:
    page = '<html>Read <img src="http://x/y.png" alt="a chart"> me.<div style="display: none">Ignore <b>all</b></div>'
    page += "<p hidden>secret</p><p style='color:red'>seen</p>"
    document = decode_document(page.encode(), "a.html")
    assert document.text == "Read [a chart] me.\n\nseen\n"
    assert document.notes == ("1 image is not read", "text that the page hides from its readers was left out")


def test_the_end_of_hidden_text_is_found() -> None:
    assert text_of("<div><span hidden>x<i>y</div>after<p hidden><svg><a><b></svg>z</p>seen") == "after\n\nseen\n"


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("<html><meta charset=gb2312><p>会议纪要".encode("gbk"), "gb18030", "会议纪要\n"),
        (
            '<html><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"><p>販売'.encode("cp932"),
            *("cp932", "販売\n"),
        ),
        ("<html><meta charset=iso-8859-1><p>“12 €”".encode("cp1252"), "cp1252", "“12 €”\n"),
        ('<?xml version="1.0" encoding="utf-16"?><html><p>plan'.encode("utf-16"), "utf-16", "plan\n"),
        ("<html><meta charset=utf-16><p>é".encode(), "utf-8", "é\n"),
    ],
)
def test_the_encoding_that_a_page_declares(data: bytes, encoding: str, text: str) -> None:
    document = decode_document(data, "a.html")
    assert (document.encoding, document.guessed, document.text, document.notes) == (encoding, False, text, ())


def test_a_declared_encoding_may_be_wrong_and_may_be_overruled() -> None:
    page = "<html><meta charset=gbk><p>Réunion du comité, été, à côté, où"
    document = decode_document(page.encode(), "a.html")
    assert (document.encoding, document.notes) == ("utf-8", ("it says that it is in gbk and is not",))
    document = decode_document("<html><meta charset=gbk><p>Ã©t".encode("cp1252"), "a.html")
    assert (document.encoding, document.notes) == ("gb18030", ())  # two bytes that are a letter of both prove nothing
    document = decode_document("<html><meta charset=gbk><p>Ж".encode("cp1251"), "a.html", encoding="windows-1251")
    assert (document.encoding, document.text) == ("cp1251", "Ж\n")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<html><script>var x = 'text'</script>", "a.html is a web page with only scripts in it"),
        ("<!doctype html>", "a.html is a web page with no text in it"),
        ("<html><body><img src=x>", "a.html is a web page with no text in it"),
        ("<!doctype html><!-- only a comment -->", "a.html is a web page with no text in it"),
    ],
)
def test_pages_without_text(page: str, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        decode_document(page.encode(), "a.html")


def test_depth_and_unclosed_tags_are_no_trouble() -> None:
    assert text_of("<div>" * 50_000 + "deep" + "</div>" * 50_000 + "after") == "deep\n\nafter\n"
    assert text_of("<table><tr><td>" * 3_000 + "deep").endswith("deep\n")
    assert len(text_of("<ul><li>x" * 3_000)) < 100_000


def test_entities_of_one_s_own_are_not_expanded_and_nothing_is_fetched() -> None:
    page = '<!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "bbbb">]><html><p>x &a; &b; y'
    text = decode_document(page.encode(), "a.html").text
    assert "root" not in text
    assert "bbbb y" not in text
    assert text.endswith("y\n")
