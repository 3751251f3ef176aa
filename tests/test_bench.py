"""What the bench computes by itself: texts of a length, marks, and what it takes from llama-bench."""

import json
import sys
from pathlib import Path

import pytest

from assistant.documents.document import Document
from assistant.gguf.file import read_header
from bench.accuracy import Accuracy
from bench.accuracy import missed as missed_plans
from bench.against import Against, _rate
from bench.against import missed as missed_speeds
from bench.characters import Drawing
from bench.characters import measure as measure_drawing
from bench.characters import missed as missed_drawings
from bench.characters import table as table_of_drawings
from bench.documents import Around, Documents, Pair, _edited
from bench.documents import measure as measure_documents
from bench.documents import missed as missed_documents
from bench.documents import table as table_of_documents
from bench.llama_bench import Rates, Way, rates
from bench.readings import Readings, Step
from bench.readings import missed as missed_readings
from bench.templated import templated
from bench.texts import paragraphs, text_of
from bench.watched import home
from tests.assistant.gguf.build import U32, file, key, scalar, string, tensor

MIB = 1 << 20


@pytest.mark.parametrize("tokens", [40, 500, 30_000])
def test_a_text_has_nearly_the_tokens_asked_for(tokens: int) -> None:
    made = text_of(tokens, lambda text: len(text.split()), seed=3)
    assert tokens * 0.97 - 25 < len(made.split()) <= tokens


def test_texts_of_other_seeds_begin_otherwise() -> None:
    one, other = (text_of(100, len, seed=seed)[:30] for seed in (1, 2))
    assert one != other


def test_a_base_model_gets_a_template_and_keeps_its_weights(tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    source = tmp_path / "base.gguf"
    keys = (key("general.architecture", string("llama")), key("llama.block_count", scalar(U32, 1)))
    source.write_bytes(file(keys, (tensor("t", (8,)),), data=32)[:-32] + bytes(range(32)))
    made = templated(source, tmp_path / "copies")
    header = read_header(made)
    assert "message['content']" in (header.chat_template or "")
    assert header.layers == 1
    assert made.read_bytes()[header.data_offset :] == bytes(range(32))
    assert templated(made, tmp_path) == made


@pytest.mark.parametrize(
    ("predicted", "taken", "passes"), [(104, 100, True), (163, 100, True), (2000, 1950, True), (2000, 1850, False)]
)
def test_a_plan_is_good_within_5_percent_or_64_mib(predicted: int, taken: int, passes: bool) -> None:
    found = Accuracy("m", 4096, "f16/f16", False, 512, predicted * MIB, taken * MIB, None, 1.0)
    assert found.passes is passes
    assert len(missed_plans([found])) == (not passes)


def test_speeds_are_held_against_their_goals() -> None:
    slow = Against("m", 2048, "f16/f16", False, 96.0, 95.0, 100.0, 100.0, 3)
    assert missed_speeds([slow]) == [
        "m at depth 2,048 in f16/f16 reads at 0.96 of llama-bench's speed; 0.97 was the goal"
    ]


def test_the_reading_rate_is_that_of_the_batch_behind_the_depth() -> None:
    readings = [(0.1, 8), (1.1, 520), (3.1, 1032), (3.2, 1040)]
    assert _rate(readings, 0) == pytest.approx(512.0)
    assert _rate(readings, 512) == pytest.approx(256.0)


def test_only_long_documents_must_open_fifty_times_sooner() -> None:
    def opened(tokens: int, again: float) -> Readings:
        first, known = Step("first", tokens, 0, 100.0), Step("again", tokens, tokens - 9, again)
        return Readings("m", (first, known, known, first, first, known, known))

    assert missed_readings([opened(30_000, 1.0), opened(4_000, 9.0)]) == []
    assert "opens 30,000 tokens 25 times sooner the second time" in missed_readings([opened(30_000, 4.0)])[0]


def documents_with(tokens: int, ratio: float, growth: float, seconds: float) -> Documents:
    pair = Pair("opened again", tokens, 100.0, 100.0 / ratio, 50.0)
    return Documents("m", (pair,), Around(0.1, 9.0, 0.1, seconds - 0.2), (50.0, 50.0 + 3e6 / 2**20 * growth))


def test_documents_are_held_against_their_goals() -> None:
    assert missed_documents([documents_with(30_000, 60.0, 4.0, 0.9), documents_with(3_000, 4.0, 4.0, 0.9)]) == []
    slow, heavy, late = missed_documents([documents_with(30_000, 25.0, 40.0, 1.5)])
    assert slow == "m, opened again: 25.0 times sooner; 50 was the goal"
    assert heavy == "1 MB is split, mapped and checked in 1.50 s; 1 was the goal"
    assert late == "each byte of a text takes 40.0 of memory; 16 was the goal"
    assert table_of_documents([documents_with(30_000, 60.0, 4.0, 0.9)]).row_count == 5


def test_drawing_is_held_against_its_goal() -> None:
    found = list(measure_drawing([20]))
    assert [(result.language, result.dialogues) for result in found] == [("en", 20), ("zh", 20)]
    assert missed_drawings(found) == []
    assert table_of_drawings(found).row_count == 2
    assert missed_drawings([Drawing("zh", 500, 1.0, 0.03, 0.1), Drawing("zh", 5000, 1.0, 0.03, 0.1)]) == [
        "zh: 500 dialogues take 30.0 ms a turn; 20 was the goal"
    ]


def test_paragraphs_have_the_same_sentences() -> None:
    text = text_of(3000, len, seed=2)
    made = paragraphs(text)
    assert made.replace("\n\n", " ").strip() == text.strip()
    assert made.count("\n\n") > 3


def test_an_edit_is_one_paragraph_in_the_last_tenth() -> None:
    document = Document("text", paragraphs(text_of(9000, len)), "utf-8")
    before, after = (text.split("\n\n") for text in (document.text, _edited(document).text))
    changed = [index for index, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert len(changed) == 1
    assert changed[0] >= len(before) * 0.9


@pytest.mark.slow
def test_what_documents_cost_is_measured(starter_gguf: Path, tmp_path: Path) -> None:
    with home(tmp_path):
        found = measure_documents("starter", starter_gguf, tokens=1200)
    again, edited, parts, _ = found.pairs
    assert again.ratio > 2
    assert edited.ratio > 1
    assert parts.first > parts.second > 0
    assert found.around.seconds > 0
    assert found.memory[1] > found.memory[0] > 5


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line for Unix")
def test_llama_bench_is_asked_for_the_same_way_and_its_rates_are_read(tmp_path: Path) -> None:
    program = tmp_path / "llama-bench"
    answer = [{"n_prompt": 512, "n_gen": 0, "avg_ts": 321.5}, {"n_prompt": 0, "n_gen": 64, "avg_ts": 45.25}]
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        f"pathlib.Path({str(tmp_path / 'seen')!r}).write_text(' '.join(sys.argv[1:]))\nprint({json.dumps(answer)!r})\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    way = Way("q8_0", "f16", flash=False, batch=256, threads=2)
    found = rates(program, Path("m.gguf"), way, depth=2048, read=512, write=64)
    assert found == Rates(321.5, 45.25)
    seen = (tmp_path / "seen").read_text(encoding="utf-8")
    for words in ("-m m.gguf", "-d 2048", "-p 512", "-n 64", "-ub 256", "-fa off", "-ctk q8_0 -ctv f16", "-t 2"):
        assert words in seen


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line for Unix")
def test_a_llama_bench_that_fails_says_its_last_words(tmp_path: Path) -> None:
    program = tmp_path / "llama-bench"
    program.write_text("#!/bin/sh\necho no such model >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(RuntimeError, match="ended with status 3: no such model"):
        rates(program, Path("m"), Way("f16", "f16", flash=False, batch=512, threads=1), depth=0, read=1, write=1)
