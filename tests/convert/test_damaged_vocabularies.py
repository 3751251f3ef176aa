"""Damaged tokenizer files: always our error or a sound vocabulary, whatever bytes and whatever JSON come.

C++ reads both afterwards, and would end the process where ours lets something through.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert.errors import ConversionError, InvalidCheckpoint
from convert.tokenizer.charsmap import check_charsmap
from convert.tokenizer.sentencepiece_model import read_sentencepiece
from tests.convert.toy_tokenizers import (
    charsmap_of,
    sentencepiece_model,
    write_gemma_json,
    write_llama_json,
    write_qwen,
    write_sentencepiece,
    write_wordpiece,
    write_xlmr,
)
from tests.convert.vocabulary_file import write_vocabulary

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e300, 2**70, "", "a", "▁", "<s>", [], {}, [1], ["a", "b"], {"type": "x"}, "\0", "x" * 5000,
)  # fmt: skip

thorough = settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def survives(folder: Path, rows: int) -> None:
    """Refused by one line of ours, or written and sound."""
    try:
        write_vocabulary(folder, rows)
    except ConversionError as error:
        assert "\n" not in str(error)  # noqa: PT017 - most damage is refused, some is harmless


MODELS: dict[str, dict[str, Any]] = {
    "bpe": {"user_defined": ("<ud>", "ab"), "control": ("<c>",)},
    "bpe with a map": {"rule": "nmt_nfkc", "dummy_prefix": False},
    "unigram": {
        "model_type": "unigram",
        "byte_fallback": False,
        "size": 500,
        "rule": "nmt_nfkc",
        "extra_spaces": False,
    },
}


@pytest.mark.parametrize("kind", MODELS)
def test_any_bytes_changed_in_a_model(kind: str, tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", **MODELS[kind])
    path = tmp_path / "toy" / "tokenizer.model"
    sound = path.read_bytes()
    # pieces lie at the front, settings at the very end, the map between them
    places = st.one_of(
        st.integers(0, min(len(sound) - 1, 12_000)),
        st.integers(len(sound) - 300, len(sound) - 1),
        st.integers(0, len(sound) - 1),
    )

    @thorough
    @given(st.lists(st.tuples(places, st.integers(0, 4), st.binary(min_size=1, max_size=6)), min_size=1, max_size=4))
    def damaged(changes: list[tuple[int, int, bytes]]) -> None:
        data = bytearray(sound)
        for place, removed, inserted in changes:
            data[place : place + removed] = inserted
        path.write_bytes(data)
        survives(path.parent, rows)

    damaged()


def test_a_model_cut_short_anywhere(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy")
    path = tmp_path / "toy" / "tokenizer.model"
    sound = path.read_bytes()
    for length in [*range(0, len(sound), 211), *range(len(sound) - 40, len(sound))]:
        path.write_bytes(sound[:length])
        survives(path.parent, rows)


def varint(number: int) -> bytes:
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def message(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def piece(text: bytes, *, score: bytes = b"\x00\x00\x80\xbf", kind: int = 1) -> bytes:
    return message(1, message(1, text) + b"\x15" + score + b"\x18" + varint(kind))


BAD_PIECES: dict[str, bytes] = {
    "no text": piece(b""),
    "a NUL, at which Darts throws": piece(b"a\0b", kind=4),
    "half a character": piece(b"\xe4\xb8"),
    "a score that is no number": piece(b"zz", score=b"\x00\x00\xc0\x7f"),
    "an endless score": piece(b"zz", score=b"\x00\x00\x80\x7f"),
    "a kind that is none": piece(b"zz", kind=9),
    "a text that stands there already": piece(b"<s>"),
    "a byte that is none": piece(b"<0xZZ>", kind=6),
    "a second unknown": piece(b"<unk2>", kind=2),
    "a text of a megabyte, for which C++ recurses": piece(b"x" * 2**20, kind=4),
    "an unfinished number": b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    "more bytes than follow": b"\x0a\xff\xff\xff\x7f",
    "a group": b"\x0b",
    "the field 0": b"\x02\x00",
}


@pytest.mark.parametrize("damage", BAD_PIECES)
def test_a_bad_piece(damage: str, tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy")
    path = tmp_path / "toy" / "tokenizer.model"
    path.write_bytes(path.read_bytes() + BAD_PIECES[damage])
    with pytest.raises(InvalidCheckpoint, match=r"tokenizer\.model") as caught:
        write_vocabulary(tmp_path / "toy", rows + 1)
    assert "\n" not in str(caught.value)


def test_the_reader_of_the_wire_format_agrees_with_the_library(tmp_path: Path) -> None:
    """Settings that stand twice are merged, as protobuf merges them."""
    data = sentencepiece_model() + b"\x1a\x02\x18\x00"
    assert read_sentencepiece(sentencepiece_model(), "m").dummy_prefix
    assert not read_sentencepiece(data, "m").dummy_prefix
    write_sentencepiece(tmp_path / "toy")
    (tmp_path / "toy" / "tokenizer.model").write_bytes(data)
    assert write_vocabulary(tmp_path / "toy", 600).keys["tokenizer.ggml.add_space_prefix"] is False


def test_published_character_maps_are_sound() -> None:
    for rule in ("nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"):
        check_charsmap(charsmap_of(sentencepiece_model(rule=rule)), "tokenizer.model")


def small_map(*, offset: int = 0x100, text: int = 0, leaf: bool = True) -> bytes:
    """One rule: "a" becomes the text at a place of the texts. Two blocks of units, as Darts lays them out."""
    units = [0] * 512
    units[ord("a")] = ord("a") | leaf << 8 | offset << 10  # label, has a leaf, where its children are
    units[ord("a") ^ 0x100] = 1 << 31 | text
    return (2048).to_bytes(4, "little") + b"".join(unit.to_bytes(4, "little") for unit in units) + b"b\0"


def test_a_small_character_map() -> None:
    check_charsmap(small_map(), "m")
    check_charsmap(small_map(offset=ord("a")), "m")  # a rule below itself: texts end, so does whoever follows them
    check_charsmap(b"", "m")


OUTSIDE = {
    "children behind the units": small_map(offset=0x300),
    "children without a text behind the units": small_map(offset=0x300, leaf=False),
    "children far away": small_map(offset=0x1FFFFF),
    "a text behind the texts": small_map(text=2),
    "a text far away": small_map(text=2**31 - 1),
    "a text without end": small_map()[:-1],
    "no texts": small_map()[:-2],
    "half of the units": small_map()[:900],
    "more units than bytes": b"\xff\xff\xff\x7f" + small_map()[4:],
    "a single byte": b"\x01",
    "nothing but zeros": bytes(8),
}


@pytest.mark.parametrize("damage", OUTSIDE)
def test_a_character_map_that_leads_outside(damage: str) -> None:
    with pytest.raises(InvalidCheckpoint, match="character map"):
        check_charsmap(OUTSIDE[damage], "m")


WRITERS: tuple[Callable[[Path], int], ...] = (
    write_llama_json, write_gemma_json, write_xlmr, write_wordpiece, write_qwen,
)  # fmt: skip


@pytest.mark.parametrize("write", WRITERS)
def test_any_part_of_the_json_replaced(write: Callable[[Path], int], tmp_path: Path) -> None:
    rows = write(tmp_path / "toy")
    path = tmp_path / "toy" / "tokenizer.json"
    sound = json.loads(path.read_text(encoding="utf-8"))

    @settings(thorough, max_examples=30)
    @given(st.data())
    def damaged(data: st.DataObject) -> None:
        values = deepcopy(sound)
        node = values
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = data.draw(st.sampled_from(keys[:24] + keys[-6:]))
            if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
                node = node[key]
                continue
            if data.draw(st.booleans()):
                del node[key]
            else:
                node[key] = data.draw(st.sampled_from(JUNK))
            break
        path.write_text(json.dumps(values), encoding="utf-8")
        survives(path.parent, rows)

    damaged()


@pytest.mark.parametrize("file", ["tokenizer_config.json", "added_tokens.json", "special_tokens_map.json"])
def test_any_small_file(file: str, tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy")
    path = tmp_path / "toy" / file
    keys = ("added_tokens_decoder", "bos_token", "eos_token", "additional_special_tokens", "legacy", "auto_map")
    names = st.sampled_from((*keys, "a", "3"))
    values = st.recursive(st.sampled_from(JUNK), lambda inner: st.dictionaries(names, inner, max_size=3))

    @settings(thorough, max_examples=30)
    @given(st.dictionaries(names, values, max_size=4))
    def damaged(content: dict[str, Any]) -> None:
        path.write_text(json.dumps(content), encoding="utf-8")
        survives(path.parent, rows + 4)

    damaged()
