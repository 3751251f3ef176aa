"""What of a corpus is shown and searched: cut, without duplicates and short ones, other speakers without names."""

from assistant.characters.preparation import neutral, prepared, situation
from assistant.characters.values import Dialogue, Line


def dialogue(*lines: tuple[str, str], where: str = "") -> Dialogue:
    return Dialogue(tuple(Line(*line) for line in lines), where)


def is_self(speaker: str) -> bool:
    return speaker == "三三"


LONG = "这句话有十个以上的字啊"


def test_cut_after_the_last_line_of_the_character() -> None:
    found = prepared([dialogue(("二二", "a"), ("三三", LONG), ("二二", "b"), ("观众", "c"))], is_self)
    assert [one.text for one in found.dialogues] == [f"二二：a\n三三：{LONG}"]
    found = prepared([dialogue(("二二", "a"), where="row 2")], is_self)
    assert not found.dialogues
    assert [(one.where, one.why) for one in found.left_out] == [("row 2", "the character does not speak in it")]


def test_duplicates_are_dropped() -> None:
    same = [dialogue(("三三", LONG), where="row 2"), dialogue(("三三", LONG), ("二二", "x"), where="row 3")]
    found = prepared(same, is_self)
    assert len(found.dialogues) == 1
    assert [(one.where, one.why) for one in found.left_out] == [("row 3", "the same as row 2")]


def test_short_ones_are_dropped_where_twenty_remain() -> None:
    long = [dialogue(("三三", f"{LONG}{number}")) for number in range(19)]
    short = [dialogue(("三三", "短"), ("二二", LONG), ("三三", "很短"))]
    assert len(prepared(long + short, is_self).dialogues) == 20
    found = prepared([*long, dialogue(("三三", LONG)), *short], is_self)
    assert len(found.dialogues) == 20
    assert [one.why for one in found.left_out] == ["the character says less than 10 characters a line"]
    edge = dialogue(("三三", "九个字的话算很短吗"), ("三三", "十一个字的话不算很短吧"))
    assert edge in prepared([*long, dialogue(("三三", LONG)), edge], is_self).dialogues, "ten on average are enough"


def test_for_the_search_the_last_line_and_names_are_left_out() -> None:
    lines = dialogue(("二二", "三三在吗"), ("观众", "二二"), ("三三", "在"), ("二二", "好"), ("三三", "嗯")).lines
    assert neutral(situation(lines), is_self) == "user0：三三在吗\nuser1：二二\n三三：在\nuser0：好"
    assert situation(lines[:1]) == lines[:1]
