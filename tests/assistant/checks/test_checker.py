"""What a text claims of a document, looked up in it."""

from tests.assistant.checks.support import checker, claims, missing

LEASE = """Lease

The Tenant, Greenfield Holdings Ltd, shall pay $1,200,000 (1.2 million) by 21 November 2026 to the Bank of China in
Wuhan. Interest is 5.5 %. Mr. John A. Smith signed. Informa-
tion is power. Chief Executive Jane Doe said "we grow" in 2025.
"""


def test_right_figures_are_found_and_wrong_ones_are_not() -> None:
    assert missing(LEASE, "Greenfield Holdings pays $1.2 million by Nov. 21, 2026, at 5.5%.") == []
    assert missing(LEASE, "It pays $1.3 million by Nov. 22, 2026, at 5.6%.") == [
        "$1.3 million",
        "Nov. 22, 2026",
        "5.6%",
    ]


def test_what_was_found_says_where() -> None:
    (claim,) = claims(LEASE, "The rate is 5.5%.")
    ((start, end),) = claim.found
    assert LEASE[start:end] == "5.5 %"
    assert (claim.kind, claim.start, claim.end) == ("percentage", 12, 16)


def test_names_of_another_script_are_not_compared() -> None:
    chinese = "腾讯控股有限公司第三季度营收1546亿元，同比增长10%，与IBM合作。"
    assert missing(chinese, "Tencent of Shenzhen grew 10% to 154.6 billion yuan, with IBM.") == []
    assert missing(chinese, "Tencent grew 11%.") == ["11%"]
    assert missing(chinese, "公司与IBM和SAP合作。") == ["SAP"]
    assert missing(LEASE, "武汉市的中国银行收到120万美元。") == []


def test_odd_characters_do_no_harm() -> None:
    odd = "\ud800 A\ud83d \U0010ffff \x00 １２\u0301 ½ ² Ⅷ ﷺ ǅ İI ß 5\u20e3 \u2028 x"
    assert checker(odd).check(odd).sources
    assert [claim.text for claim in checker("").check(odd).claims if claim.supported] == []


def test_an_empty_document_and_an_empty_text() -> None:
    assert checker("").check("").claims == ()
    assert [claim.supported for claim in checker("").check("He paid $5.").claims] == [False]
    assert checker(LEASE).check("").sources == ()


def test_hostile_texts_take_linear_time() -> None:
    """No single one of these may grow with the square of its length; a limit of the test run notices."""
    pieces = [
        "9",
        "1,",
        "1 ",
        "123 456 ",
        "A. ",
        "Aa ",
        "'a ",
        '"',
        "“",
        "a-\n",
        "one hundred and ",
        "百分之",
        "公司",
        "A'",
    ]
    for piece in pieces:
        checker(piece * 10_000)
        checker(LEASE).check(piece * 2_000)
