"""RTF, subtitles and tables: small readers, one by one."""

import pytest

from assistant.documents.read import decode_document
from assistant.errors import InvalidDocument

RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Helvetica;}{\f1\fnil\fcharset134 SimSun;}}"
    rb"\pard Hello \b world\b0 , caf\'e9.\par Second {\f1\'c4\'e3\'ba\'c3} \u20320?\u22909? \u-10179?\u-8704?\line "
    rb'here\par {\field{\*\fldinst{HYPERLINK "http://x.y"}}{\fldrslt link}}\par'
    rb"\trowd\cellx1\cellx2\intbl a\cell b\cell\row\intbl c\cell d\cell\row\pard end \\par\par}"
)


def test_rtf() -> None:
    document = decode_document(RTF, "a.rtf")
    assert document.text == "Hello world, café.\n\nSecond 你好 你好 😀\nhere\n\nlink\n\na|b\nc|d\nend \\par\n"
    assert (document.kind, document.encoding, document.notes) == ("rtf", "", ())


def test_rtf_with_a_picture() -> None:
    data = rb"{\rtf1 text{\pict\pngblip " + b"0a1B2c3D\n" * 5000 + rb"} more}"
    document = decode_document(data, "a.rtf")
    assert (document.text, document.notes) == ("text more\n", ("pictures are not read",))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (rb"{\rtf1 }", "a.rtf has no text in it"),
        (rb"{\rtf1 \u9999999999 x}", "a.rtf is damaged RTF"),
        (rb"{\rtf1{\fonttbl" + rb"{\f1\fcharset0 a" * 6000, "a.rtf is damaged RTF"),
    ],
    ids=["empty", "beyond Unicode", "fonts"],
)
def test_rtf_that_cannot_be_read(data: bytes, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        decode_document(data, "a.rtf")


SRT = """1
00:00:01,000 --> 00:00:03,000
<i>Hello</i> there,
friend

2
00:00:03,500 --> 00:00:05,000
{\\an8}- Yes &amp; no

3
00:00:05,500 --> 00:00:07,000
- Yes & no
Further

4
00:00:40,000 --> 00:00:42,000
Later

5
01:10:00,000 --> 01:10:02,000
Much later
"""


def test_srt() -> None:
    document = decode_document(SRT.encode(), "a.srt")
    assert document.text == (
        "[0:00:01]\nHello there,\nfriend\n- Yes & no\nFurther\n\n[0:00:40]\nLater\n\n[1:10:00]\nMuch later\n"
    )
    assert document.kind == "subtitles"
    assert decode_document(SRT.replace("\n", "\r\n").encode("gb18030"), "a.txt").text == document.text


def test_vtt() -> None:
    text = "WEBVTT\nKind: captions\n\nNOTE a note\n\nSTYLE\n::cue{}\n\nid 7\n00:01.000 --> 00:02.000 align:start\n"
    text += "<v Roger>Hi <00:01.5><c.loud>there</c>\n\n00:02.000 --> 00:03.000\n<v.x Ann>1 < 2\n"
    assert decode_document(text.encode(), "a.vtt").text == "[0:00:01]\nRoger: Hi there\nAnn: 1 < 2\n"


def test_a_stretch_is_half_a_minute() -> None:
    cue = "00:{:02}:{:02}.000 --> 00:{:02}:{:02}.500\nword {}\n\n"
    times = [divmod(2 * at, 60) for at in range(60)]
    text = "WEBVTT\n\n" + "".join(cue.format(*time, *time, at) for at, time in enumerate(times))
    found = decode_document(text.encode(), "a.vtt").text
    assert [line for line in found.split("\n") if line.startswith("[")] == [
        *("[0:00:00]", "[0:00:30]", "[0:01:00]", "[0:01:30]"),
    ]
    assert found.count("word") == 60


def test_subtitles_without_words() -> None:
    with pytest.raises(InvalidDocument, match=r"a\.vtt has no words in it"):
        decode_document(b"WEBVTT\n\nNOTE nothing\n", "a.vtt")


@pytest.mark.parametrize(
    ("name", "text", "note"),
    [
        ("a.csv", "name,amount\nA,1\nB,2\n", "a table of 3 rows and 2 columns, apart by commas"),
        ("a.csv", "name;amount\nA;1,5\nB;2,5\n", "a table of 3 rows and 2 columns, apart by semicolons"),
        ("a.tsv", "name\tamount\nA\t1\n", "a table of 2 rows and 2 columns, apart by tabs"),
        ("a.csv", 'name,said\n"A","one\ntwo"\n"B","x"\n', "a table of 3 rows and 2 columns, apart by commas"),
        ("a.csv", "word\n", "the columns of the table could not be told apart; it was read as text"),
        (
            "a.csv",
            "a,b\n1," + "x" * 200_000 + "\n",
            "the columns of the table could not be told apart; it was read as text",
        ),
    ],
    ids=["commas", "semicolons", "tabs", "quoted", "one column", "enormous field"],
)
def test_tables_stay_as_they_are(name: str, text: str, note: str) -> None:
    document = decode_document(text.encode(), name)
    assert (document.text, document.kind, document.notes) == (text, "csv", (note,))
