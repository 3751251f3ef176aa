"""One value in one form in the document and in another in the summary: found. Another value: not found."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assistant.checks.support import missing
from tests.assistant.checks.writing import amount_forms, date_forms, number_forms, percentage_forms

AROUND = ["It is {}.", "（{}）", "共计{}。", "a total of {}, in all", "x\n{}\ny", "**{}**", "up to {}; more"]
DAYS = st.dates(date(1950, 1, 1), date(2049, 12, 28))
WHOLE = (
    st.integers(11, 10**10)
    | st.integers(1, 999).map(lambda small: small * 10**6)
    | st.integers(2, 99999).map(lambda small: small * 100)
)


def compared(forms: Callable[[int], list[str]], data: st.DataObject, value: int, other: int) -> None:
    written = data.draw(st.sampled_from(forms(value)))
    document = data.draw(st.sampled_from(AROUND)).format(written)
    same, wrong = data.draw(st.sampled_from(forms(value))), data.draw(st.sampled_from(forms(other)))
    around = data.draw(st.sampled_from([text for text in AROUND if "\n" not in text]))
    same, wrong = same.replace("\n", " "), wrong.replace("\n", " ")
    assert missing(document, around.format(same)) == [], (document, same)
    assert missing(document, around.format(wrong)) != [], (document, wrong)


@settings(max_examples=150, deadline=None)
@given(st.data(), WHOLE, st.integers(1, 9))
def test_numbers(data: st.DataObject, number: int, difference: int) -> None:
    compared(number_forms, data, number, number + difference)


@settings(max_examples=120, deadline=None)
@given(st.data(), WHOLE, st.integers(1, 9))
def test_amounts(data: st.DataObject, number: int, difference: int) -> None:
    compared(amount_forms, data, number, number + difference)


@settings(max_examples=120, deadline=None)
@given(st.data(), st.integers(2, 999), st.integers(1, 9))
def test_percentages(data: st.DataObject, tenths: int, difference: int) -> None:
    compared(percentage_forms, data, tenths, tenths + difference)


@settings(max_examples=150, deadline=None)
@given(st.data(), DAYS, st.sampled_from([1, 2, 3, 9, 28, 366, 3660]))
def test_dates(data: st.DataObject, day: date, days: int) -> None:
    other = day + timedelta(days=days)
    ambiguous = day.day == other.month and other.day == day.month and day.year == other.year
    if not ambiguous:
        compared(lambda ordinal: date_forms(date.fromordinal(ordinal)), data, day.toordinal(), other.toordinal())


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("3,120", "12"),
        ("12.5", "12"),
        ("2012", "12"),
        ("1.2 thousand", "1.2"),
        ("12", "12%"),
        ("12%", "12"),
        ("€12", "$12"),
    ],
)
def test_a_part_of_a_number_is_not_the_number(document: str, text: str) -> None:
    assert missing(f"It was {document} then.", f"It is {text}.") == [text]
