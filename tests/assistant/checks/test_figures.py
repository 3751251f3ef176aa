"""Figures: what counts as one, what is equal, what a hedge allows."""

import pytest

from assistant.checks.checker import Checker
from assistant.checks.figures import figures
from assistant.documents.document import Document
from tests.assistant.checks.support import claims, missing


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("a fee of $1,200,000", "about $1.2 million"),
        ("revenue was 1,187,340 euros", "about €1.2 million"),
        ("revenue was 1,187,340", "nearly 1.2 million"),
        ("收入为1,187,340元", "收入约120万元"),
        ("收入为1,187,340元", "收入120万元左右"),
        ("growth of 37.4 %", "roughly 37%"),
        ("between 3 and 5 percent", "3% to 5%"),
        ("3–5 %", "from 3 % to 5 %"),
        ("$1.2-1.3 million", "from $1.2 million to $1.3 million"),
        ("3 to 5 dollars", "$3"),
        ("rate 0.375", "rate .375"),
        ("12 May 2026", "May 12th, 2026"),
        ("12 May 2026", "in May 2026"),
        ("12 May 2026", "in 2026"),
        ("12 May 2026", "on 12 May"),
        ("12 May 2019", "12.05.2019"),
        ("On 3 May 2019 he came. On 12 June he left", "He left on 12 June 2019"),
        ("Signed 5–8 March 2026", "signed on 5 March 2026"),
        ("Signed March 5-8, 2026", "from March 5 to March 8, 2026"),
        ("two thirds of it", "2/3 of it"),
        ("三分之二的员工", "2/3 of staff"),
        ("at 3:30 pm", "at 15:30"),
        ("version 1.2.3", "version 1.2.3"),
        ("人民币叁佰万元整", "RMB 3 million"),
        ("1亿2000万元", "1.2亿元"),
        ("两家公司", "2 companies"),
        ("thirty (30) days", "30 days"),
        ("| 12,500 | 7 |", "a cost of $12,500"),
        ("the 21st of it", "the twenty-first of it"),
        ("$5bn", "5 billion dollars"),
        ("1 234 567,89 €", "€1,234,567.89"),
        ("12,34,567 rupees", "1234567 rupees"),
        ("１２３４５名", "12,345 people"),
        ("under a month and 2.50 EUR", "€2.5"),
        ("a 1990s house", "in 1990"),
        ("from 2019-21", "2019 to 2021"),
        ("Change (%)\nNorth 7.2\nSouth 8.1", "South by 8.1%"),
    ],
)
def test_found(document: str, text: str) -> None:
    assert missing(document, f"It is: {text}.") == []
    assert claims(document, f"It is: {text}.")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("revenue was 1,187,340", "1.2 million"),
        ("revenue was 1,187,340", "about 1.3 million"),
        ("revenue was 1,187,340", "about 1.18 million"),
        ("growth of 37.4 %", "37%"),
        ("12 May 2026", "13 May 2026"),
        ("12 May 2026", "12 May 2025"),
        ("12 May 2026", "12 June"),
        ("12 May 2026", "June 2026"),
        ("12 May 2026", "in 2025"),
        ("12 May 2026", "12"),
        ("Signed 5–8 March 2026", "signed on 9 March 2026"),
        ("$1,200", "€1,200"),
        ("USD 1,200", "HKD 1,200"),
        ("37 days", "37 %"),
        ("Change\nNorth 7.2", "by 7.2%"),
        ("1.2 thousand", "1.2"),
        ("1.2 million", "1.2 billion"),
        ("version 1.2.3", "version 1.2.4"),
        ("at 3:30 pm", "at 3:30 am"),
        ("三百二十万", "三百二十一万"),
        ("10²", "102"),
        ("①", "1 of them"),
        ("A4", "4 of them"),
        ("sum of 3 and 4", "7"),
        ("9" * 40, "9" * 41),
    ],
)
def test_not_found(document: str, text: str) -> None:
    assert len(missing(document, f"It is: {text}.")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "1. The first point\n2. The second point",
        "1) Yes\n(2) No",
        "## 3. Duties",
        "**4.** Costs",
        "- Third, nobody came.",
        "One of them left, and no one stayed.",
        "一些人认为，这一点十分重要，统一安排，万一下雨。",
        "四川人喜欢三三两两地散步。",
        "See https://example.org/2026/05/12 and mail a1@b2.org.",
        "Write to A4 or Q3 or v2.",
    ],
)
def test_no_figures(text: str) -> None:
    assert [claim.text for claim in claims("", text) if claim.kind != "name"] == []


def test_cells_of_a_table_are_figures_of_their_own() -> None:
    table = Checker(Document("x", 'a,b,c\n10,200,300\n"1,500",7,8\n', "utf-8", kind="csv"))
    assert [bool(claim.found) for claim in table.check("Of 10, 200 and 300; of 10200300; of 1,500.").claims] == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_at_most_five_places() -> None:
    (claim,) = claims("12 " * 40, "There are 12 x.")
    assert claim.found == tuple((3 * at, 3 * at + 2) for at in range(5))


def test_figures_do_not_overlap() -> None:
    text = "On 5-8 March 2026, 3 to 5 % of $1.2-1.3 million, 1亿2000万元, 百分之37.5, 2/3, 10:30 am, 三分之二"
    found = figures(text)
    assert [text[figure.start : figure.end] for figure in found] == [
        *("5", "8 March 2026", "3", "5 %", "$1.2", "1.3 million", "1亿2000万元", "百分之37.5", "2/3", "10:30 am"),
        "三分之二",
    ]


def test_words_over_a_line_end() -> None:
    document = "the infor-\nmation was “given\nfreely” to Mr.\nJohn Smith"
    assert missing(document, 'It says "information was given freely" by John Smith.') == []
    assert missing(document, 'It says "information was sold freely".') == ['"information was sold freely"']


def test_quotations() -> None:
    document = "He said that the fee is 1.2 percent, and that nobody shall pay twice."
    assert missing(document, "“the fee is 1.2 percent … nobody shall pay”, 'pay twice', „nobody“, «twice»") == []
    assert missing(document, '"the fee is 12 percent"') == ['"the fee is 12 percent"']
    assert missing(document, "the tenants' rights and the landlord's") == []
