"""What would end llama.cpp's process is refused before; each case here did so (llama-cpp-python 0.3.36)."""

import struct
from pathlib import Path

import pytest

from assistant.errors import InvalidModelFile
from assistant.gguf.file import read_header
from tests.assistant.gguf.build import BOOL, F32, STRING, U32, array, file, key, scalar, string, tensor, text

SOUND = {
    "general.architecture": string("llama"),
    "llama.block_count": scalar(U32, 2),
    "llama.attention.layer_norm_rms_epsilon": scalar(F32, 1e-5),
    "llama.rope.scaling.type": string("yarn"),
    "llama.vocab_size": scalar(U32, 260),
    "tokenizer.ggml.model": string("llama"),
}
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
TEXTS = ["<unk>", "<s>", "</s>", "", *BYTES]


def model(changes: dict[str, bytes] | None = None, tokens: list[str] | None = None, *, kind: int = 0) -> bytes:
    """A header that passes, but for the changes; `kind` is the type of its norm."""
    entries = SOUND | (changes or {})
    texts = [text(token) for token in (TEXTS if tokens is None else tokens)]
    entries["tokenizer.ggml.tokens"] = array(STRING, len(texts), b"".join(texts))
    keys = tuple(key(name, value) for name, value in entries.items())
    return file(keys, (tensor("blk.0.attn_norm.weight", (32, 1), kind), tensor("x", (32,), 1, 128)), data=192)


def experts(count: int, used: int, groups: int = 0, taken: int = 0) -> dict[str, bytes]:
    names = ("expert_count", "expert_used_count", "expert_group_count", "expert_group_used_count")
    return {
        f"llama.{name}": scalar(U32, number) for name, number in zip(names, (count, used, groups, taken), strict=True)
    }


FATAL = {
    "no layers": ({"llama.block_count": scalar(U32, 0)}, "claims 0 layers; expected from 1 to 512"),
    "many layers": ({"llama.block_count": scalar(U32, 513)}, "claims 513 layers"),
    "more layers ahead": ({"llama.nextn_predict_layers": scalar(U32, 3)}, "claims 3 of 2 layers"),
    "experts not used": (experts(8, 0), "uses 0 of 8 experts"),
    "more experts used": (experts(8, 9), "uses 9 of 8 experts"),
    "experts used of none": (experts(0, 3), "uses 3 of 0 experts; expected none"),
    "used by layer": (
        experts(4, 0) | {"llama.expert_used_count": array(U32, 2, struct.pack("<2I", 2, 5))}, "uses 5 of 4 experts"
    ),
    "many experts": (experts(10**9, 2), "claims 1000000000 experts"),
    "groups of none": (experts(0, 0, 3), "puts 0 experts into 3 groups"),
    "uneven groups": (experts(8, 2, 3, 1), "puts 8 experts into 3 groups"),
    "groups not used": (experts(8, 2, 4, 0), "and uses 0; expected groups"),
    "all groups used": (experts(8, 2, 4, 4), "4 groups and uses 4"),
    "unknown RoPE": ({"llama.rope.scaling.type": string("dynamic")}, "scales its RoPE by 'dynamic'"),
    "negative epsilon": ({"llama.attention.layer_norm_rms_epsilon": scalar(F32, -1.0)}, "the epsilon -1.0"),
    "no epsilon": ({"llama.attention.layer_norm_epsilon": scalar(F32, float("nan"))}, "the epsilon nan"),
    "vocabulary bomb": ({"llama.vocab_size": scalar(U32, 2**32 - 1)}, "claims a vocabulary of 4294967295 tokens"),
}  # fmt: skip


@pytest.mark.parametrize("name", FATAL)
def test_numbers_that_end_llama_cpp(name: str, tmp_path: Path) -> None:
    changes, words = FATAL[name]
    assert words in refusal(tmp_path, model(changes))


@pytest.mark.parametrize(
    "changes",
    [{}, experts(8, 2), experts(8, 8, 1), experts(8, 2, 4, 2), {"llama.block_count": scalar(U32, 512)},
     {"llama.rope.scaling.type": string("longrope"), "llama.nextn_predict_layers": scalar(U32, 1)},
     {"general.architecture": string("hunyuan-dense"), "hunyuan-dense.expert_count": scalar(U32, 1)},
     {"llama.expert_count": scalar(BOOL, 1), "llama.attention.layer_norm_rms_epsilon": scalar(F32, 0.0)}],
)  # fmt: skip
def test_what_llama_cpp_takes_or_refuses_itself_passes(changes: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(model(changes))
    assert len(read_header(tmp_path / "model.gguf").tokens) == 260


def test_norms_must_be_f32(tmp_path: Path) -> None:
    assert "keeps 'blk.0.attn_norm.weight' in F16; expected F32" in refusal(tmp_path, model(kind=1))


@pytest.mark.parametrize(
    "tokens",
    [["a", "b", "a"], ["a\0b", "a\0c"], ["", "[EMPTY_0]"], ["a", "a\0"]],
    ids=["same", "same up to a zero byte", "the name of an empty one", "longer by a zero byte"],
)
def test_each_token_has_a_text_of_its_own(tokens: list[str], tmp_path: Path) -> None:
    words = refusal(tmp_path, model({"tokenizer.ggml.model": string("gpt2")}, tokens))
    assert "has 1 tokens of one text with others" in words


def test_bytes_and_their_look_alikes_are_different_tokens(tmp_path: Path) -> None:
    keys = (key("tokenizer.ggml.tokens", array(STRING, 4, text(b"\xff") + text("\\xff") + text("") * 2)),)
    (tmp_path / "model.gguf").write_bytes(file(keys, data=32))
    assert read_header(tmp_path / "model.gguf").tokens == ("\\xff", "\\xff", "", "")


def test_a_vocabulary_of_pieces_needs_all_bytes(tmp_path: Path) -> None:
    """Without, the first text with an unknown character would end the process."""
    assert "lacks 2 of the 256 pieces for single bytes" in refusal(tmp_path, model(tokens=TEXTS[:-2]))
    (tmp_path / "model.gguf").write_bytes(model(tokens=["<unk>", *BYTES[:65], "A", *BYTES[66:]]))
    assert read_header(tmp_path / "model.gguf")


def refusal(folder: Path, data: bytes) -> str:
    (folder / "model.gguf").write_bytes(data)
    with pytest.raises(InvalidModelFile, match=r"^model\.gguf ") as caught:
        read_header(folder / "model.gguf")
    assert str(caught.value).count(";") == 2
    return str(caught.value)
