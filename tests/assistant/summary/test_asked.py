"""What users write of a summary's length and language."""

import pytest

from assistant.errors import InvalidSetting
from assistant.summary.asked import length_of, tongue_of


@pytest.mark.parametrize(
    ("written", "length"),
    [("short", "short"), (" Long ", "long"), ("120", 120), ("120 words", 120), ("300字", 300), ("1 word", 1)],
)
def test_lengths(written: str, length: object) -> None:
    assert length_of(written) == length


@pytest.mark.parametrize("written", ["", "tiny", "0", "-3", "1.5", "20001 words", "9" * 5000])
def test_no_lengths(written: str) -> None:
    with pytest.raises(InvalidSetting):
        length_of(written)


def test_languages() -> None:
    assert [tongue_of(written) for written in ("auto", "zh", "French")] == ["auto", "zh", "fr"]
    with pytest.raises(InvalidSetting, match="'klingon' is not auto or one of "):
        tongue_of("klingon")
