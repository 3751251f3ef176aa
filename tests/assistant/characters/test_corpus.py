"""Dialogues of every form and encoding, and one clear line for each that is broken."""

import csv
import json
import os

import pytest

from assistant.characters.values import Line
from tests.assistant.characters.support import CSV, TWO, loaded, made, refused, why_not


def texts(**files: str | bytes) -> list[str]:
    return [dialogue.text for dialogue in loaded(**files).dialogues]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(encoding: str) -> None:
    character = loaded(dialogues_csv=(CSV * 3).replace("\n序号,对话", "").encode(encoding))
    assert [dialogue.text for dialogue in character.dialogues] == TWO * 3
    guessed = encoding == "gb18030"
    assert character.corpus.files[0].guessed is guessed
    assert any("which is a guess" in note for note in character.corpus.notes) is guessed


@pytest.mark.parametrize(
    "table",
    [
        CSV,
        CSV.replace("\n", "\r\n"),
        CSV.replace("序号,对话", "number,dialogue"),
        CSV.replace("序号,对话", " Number , Dialogue "),
        'dialogue\n"{}"\n"{}"'.format(*TWO),
        '对话;序号\n"{}";1\n"{}";2'.format(*TWO),
        '序号\t说明\t对话\n1\tx\t"{}"\n\n2\t\t"{}"\n'.format(*TWO),
    ],
)
def test_tables(table: str) -> None:
    assert texts(dialogues_csv=table) == TWO


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "dialogues.csv is empty"),
        ("\n \n", "dialogues.csv is empty"),
        ("序号,对话\n", "holds no dialogue"),
        (CSV.split("\n", 1)[1], "has no header: its first row is"),
        ("id,text\n1,三三：好", "has the columns 'id, text'; 序号,对话 (or number,dialogue) was expected"),
        ("对话,序号\n1,三三：好\n2,三三：嗯", "the column 对话 of dialogues.csv holds no lines"),
        ('序号,对话\n1,"三三：好', "begins at line 2"),
        ('序号,对话\n1,三三：好\n2,"三三："好"不"\n', "begins at line 3"),
        ("序号,对话\n1,没有人说话\n", "dialogues.csv, row 2: its first line names nobody"),
        ("序号,对话\n1\n", "it has 1 of 2 columns"),
        ("序号,对话\n1,二二：好\n", "nobody called 三三 speaks in dialogues.csv, but 二二 (1)"),
        ("序号,对话\n1,三三三：好\n", "is it 三三三?"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is no text"),
        (CSV.encode() + b"\0", "is no text"),
    ],
)
def test_tables_that_are_none(table: str | bytes, said: str) -> None:
    assert said in refused(dialogues_csv=table)


def test_what_is_left_out_is_said() -> None:
    table = CSV + "3\n4,nobody\n5,\n6,二二\x1b：a\x07b\n"
    corpus = loaded(dialogues_csv=table).corpus
    assert [(one.where, one.why) for one in corpus.left_out] == [
        ("dialogues.csv, row 4", "it has 1 of 2 columns"),
        ("dialogues.csv, row 5", "its first line names nobody who speaks"),
        ("dialogues.csv, row 6", "it is empty"),
    ]
    assert corpus.notes == ("dialogues.csv: 2 control characters are left out",)
    assert corpus.dialogues[-1].text == "二二：ab"


def test_one_speaker_alone() -> None:
    corpus = loaded(dialogues_csv="序号,对话\n1,三三：喂，好像连上了\n").corpus
    assert corpus.speakers == {"三三": 1}
    assert "nobody but 三三 speaks" in corpus.notes[0]


def test_json_lines() -> None:
    said = (("system", "x"), ("user", "好"), ("assistant", "嗯"))
    rows: list[object] = [
        {"dialogue": [["二二", "好"], ["三三", "嗯"]]},
        {"dialogue": ["二二：好", "三三: 嗯"]},
        {"dialog": "二二：好\n三三：嗯"},
        {"dialogue": [{"speaker": "二二", "words": "好"}, {"name": "三三", "text": "嗯"}]},
        {"messages": [{"role": role, "content": text} for role, text in said]},
        {"conversations": [{"from": "human", "value": "好"}, {"from": "gpt", "value": "嗯"}]},
    ]  # fmt: skip
    found = texts(d_jsonl="\n".join(json.dumps(row) for row in rows))
    assert found == [
        "二二：好\n三三：嗯",
        "二二：好\n三三: 嗯",
        *["二二：好\n三三：嗯"] * 2,
        *["user：好\n三三：嗯"] * 2,
    ]


def test_json_lines_that_are_none() -> None:
    bad = [
        '{"dialogue": [["三三", "嗯"]]}', '{"a": 1, "b": 2}', "[]", "{",
        '{"dialogue": "三三：a", "dialogue": "三三：b"}',
        '{"dialogue": [["三三"]]}', '{"dialogue": []}', "[" * 5000, '{"dialogue": [[1, 2]]}',
    ]  # fmt: skip
    corpus = loaded(d_jsonl="\n".join(bad)).corpus
    assert len(corpus.dialogues) == 1
    assert [one.where for one in corpus.left_out] == [f"d.jsonl, line {number}" for number in range(2, len(bad) + 1)]
    assert "a, b where dialogue or messages" in corpus.left_out[0].why
    assert "'dialogue' is there twice" in corpus.left_out[3].why


def test_plain_text() -> None:
    text = (
        "二二：好\n三三：嗯\n\n--------------------\n观众: 你是谁？\n还在吗？\n三三（笑） : 在\n17:38\n\n\n谁也不说话\n"
    )
    character = loaded(d_txt=text)
    assert [dialogue.text for dialogue in character.dialogues] == [
        "二二：好\n三三：嗯",
        "观众: 你是谁？\n还在吗？\n三三（笑） : 在\n17:38",
    ]
    assert character.dialogues[1].lines == (
        Line("观众", "你是谁？\n还在吗？", ": "),
        Line("三三", "在\n17:38", "（笑） : "),
    )
    assert [one.where for one in character.corpus.left_out] == ["d.txt, line 11"]


def test_several_files_by_name() -> None:
    character = loaded(b_csv=CSV, a_txt="三三：先", c_md="三三：不读")
    assert [file.name for file in character.corpus.files] == ["a.txt", "b.csv"]
    assert len({dialogue.id for dialogue in character.dialogues}) == 3


def test_a_long_cell_and_a_file_that_is_too_long() -> None:
    before = csv.field_size_limit()
    assert len(texts(d_csv=f"序号,对话\n1,三三：{'好' * 3_000_000}\n")[0]) == 3_000_003
    assert "more than 32 MiB" in why_not(made("two", d_csv=b"x" * (32 * 2**20 + 1)))
    assert csv.field_size_limit() == before, "the limit is one for the whole process"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders")
def test_a_pipe_is_not_waited_for() -> None:
    folder = made("one")
    os.mkfifo(folder / "d.csv")
    assert "d.csv is no file" in why_not("one")


def test_names_with_signs_that_sentences_have() -> None:
    character = loaded('name = "Oh! (two)"\n', d_txt="Ann: What?\nOh! (two) : Yes: that.\nOh! And then: it rained.")
    assert character.dialogues[0].lines[1] == Line("Oh! (two)", "Yes: that.\nOh! And then: it rained.", " : ")


def test_a_line_of_spaces_is_read_at_once() -> None:
    spaces = " " * 1_000_000
    assert texts(d_txt=f"三三：好\na{spaces}b\n{spaces}（{spaces}：") == [f"三三：好\na{spaces}b\n（{spaces}："]
