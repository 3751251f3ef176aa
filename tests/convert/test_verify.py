"""The ladder of proofs: sound files climb it, and each kind of damage is caught by the rung that must catch it.

Damage is done to the bytes of real files, so that the header stays sound and nothing but the proof can notice.
"""

import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from convert.choices import Choices
from convert.errors import IncompleteCheckpoint, InvalidCheckpoint
from convert.gguf.reader import read_gguf
from convert.pipeline import read_model
from convert.proof.logits import bundled_text, own_numbers
from convert.proof.tensors import compare_tensors
from convert.proof.verify import Verified, verify
from convert.proof_report import Proof, Rung
from tests.convert.families.support import lay_out, save, tiny_model
from tests.convert.families.test_index import index_config, index_model, index_tokenizer
from tests.convert.gguf_file import read
from tests.convert.tiny import tiny_checkpoint
from tests.support import converted_file, requantized

FAR = {"rope_type": "default", "rope_theta": 500000.0}

Files = Callable[[str], Path]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("verify") / "tiny", rope_parameters=FAR)


@pytest.fixture(scope="module")
def files(source: Path) -> Files:
    """The checkpoint in each quantization, made once."""

    def file(quantization: str) -> Path:
        path = source.with_name(f"{quantization}.gguf")
        return path if path.exists() else converted_file(source, path, quantization)

    return file


def proof_of(file: Path, against: Path, *, text: Path | None = None, reach: int | None = None) -> Proof:
    *_, last = verify(file, against, text=text, reach=reach)
    assert isinstance(last, Verified)
    return last.proof


def states(proof: Proof) -> dict[str, str]:
    return {name: rung.state for name, rung in proof.rungs.items()}


def damaged(file: Path, target: Path, change: Callable[[bytearray], None]) -> Path:
    data = bytearray(file.read_bytes())
    change(data)
    target.write_bytes(data)
    return target


def tensors_rung(file: Path, against: Path, *, strict: bool = True) -> Rung:
    """The rung of the tensors by itself."""
    model, found = read_model(against, Choices()), read_gguf(file)
    steps = compare_tensors(found, model.tensors, model.hyper.rope.tensors, strict=strict)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        rung: Rung = end.value
        return rung
    finally:
        found.file.close()


@pytest.mark.parametrize("quantization", ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_k_m"])
def test_sound_files_are_proven(files: Files, source: Path, quantization: str) -> None:
    proof = proof_of(files(quantization), source)
    assert proof.verdict == "proven", proof.rungs
    assert list(proof.rungs) == ["header", "tensors", "tokens", "logits", "kl"]
    figures = proof.rungs["tensors"].figures
    assert figures["compared"] == len(read(files(quantization)).tensors)
    assert ("worst" in figures) == quantization.startswith("q")
    assert proof.rungs["logits"].figures["positions"][-1] == 511
    assert proof.rungs["kl"].figures["positions"] == 2048


def test_the_divergence_grows_as_the_weights_shrink(files: Files, source: Path) -> None:
    means = [proof_of(files(name), source).rungs["kl"].figures["mean"] for name in ("f32", "f16", "q8_0", "q4_k_m")]
    assert means == sorted(means)
    assert means[0] < 1e-9 < means[2] < 0.01 < means[3]


def test_what_llama_cpps_own_quantizer_makes_is_proven(files: Files, source: Path, tmp_path: Path) -> None:
    assert proof_of(requantized(files("f32"), tmp_path / "theirs.gguf", "q4_k_m"), source).verdict == "proven"


@pytest.mark.parametrize("quantization", ["f32", "bf16", "q8_0", "q4_k_m"])
def test_any_flipped_bit_is_found_and_its_tensor_named(
    files: Files, source: Path, quantization: str, tmp_path: Path
) -> None:
    random = Random(4)
    places = read_gguf(files(quantization))
    for name in random.sample(sorted(places.tensors), 6):
        place = places.tensors[name]
        at, bit = place.offset + random.randrange(place.bytes), random.randrange(8)

        def flip(data: bytearray, at: int = at, bit: int = bit) -> None:
            data[at] ^= 1 << bit

        rung = tensors_rung(damaged(files(quantization), tmp_path / "flipped.gguf", flip), source)
        assert rung.state == "failed", f"bit {bit} of byte {at} in {name}"
        assert rung.says.startswith(f"{name} ("), rung.says
        assert "row" in rung.says
    places.file.close()


def test_a_flipped_byte_fails_the_proof(files: Files, source: Path, tmp_path: Path) -> None:
    place = read_gguf(files("q4_k_m")).tensors["blk.1.attn_v.weight"]

    def flip(data: bytearray) -> None:
        data[place.offset + 1000] ^= 0xFF

    proof = proof_of(damaged(files("q4_k_m"), tmp_path / "flipped.gguf", flip), source, reach=64)
    assert proof.verdict == "failed"
    assert states(proof) | {"logits": "", "kl": ""} == {
        "header": "passed", "tensors": "failed", "tokens": "passed", "logits": "", "kl": ""
    }  # fmt: skip
    assert "blk.1.attn_v.weight" in proof.rungs["tensors"].says


def test_another_quantizer_may_differ_but_not_by_much(files: Files, source: Path, tmp_path: Path) -> None:
    """Not strict: other bytes pass while they are as near to the source; a block that is not, fails."""
    place = read_gguf(files("q4_k_m")).tensors["blk.0.attn_k.weight"]
    assert place.type_name == "Q4_K"

    def nudge(data: bytearray) -> None:
        data[place.offset + 20] ^= 0x01  # one weight by one step

    def scale(data: bytearray) -> None:
        data[place.offset + 1] ^= 0x08  # the scale of 256 weights, by a factor of four

    near = damaged(files("q4_k_m"), tmp_path / "near.gguf", nudge)
    assert tensors_rung(near, source, strict=False).state == "passed"
    assert tensors_rung(near, source, strict=True).state == "failed"

    head = read_gguf(files("q4_k_m")).tensors["output.weight"]
    assert head.type_name == "Q6_K"

    def nudge_all(data: bytearray) -> None:
        for block in range(head.offset, head.offset + head.bytes, 210):  # the low 4 bits of 256 weights come first
            for at in range(block, block + 128):
                data[at] ^= 0x11

    rung = tensors_rung(damaged(files("q4_k_m"), tmp_path / "far.gguf", scale), source, strict=False)
    assert rung.state == "failed"
    assert rung.says.startswith("blk.0.attn_k.weight (Q4_K) lies ")
    assert "times as far from the source as its type can" in rung.says
    rung = tensors_rung(damaged(files("q4_k_m"), tmp_path / "all.gguf", nudge_all), source, strict=False)
    assert rung.state == "failed"
    assert rung.says.startswith("output.weight (Q6_K) lies ")
    assert "times as far from the source as the quantizer puts it" in rung.says


def test_rows_of_queries_in_the_checkpoints_order(files: Files, source: Path, tmp_path: Path) -> None:
    """What a converter writes that forgets to interleave: fluent at the first token, wrong ever after."""
    found = read_gguf(files("f32"))

    def forget(data: bytearray) -> None:
        for layer in range(2):
            for part, heads in (("q", 4), ("k", 2)):
                place = found.tensors[f"blk.{layer}.attn_{part}.weight"]
                end = place.offset + place.bytes
                rows = np.frombuffer(data[place.offset : end], dtype=np.float32).reshape(heads, 32, 2, 256)
                data[place.offset : end] = rows.swapaxes(1, 2).tobytes()

    proof = proof_of(damaged(files("f32"), tmp_path / "plain.gguf", forget), source)
    assert states(proof) == {
        "header": "passed", "tensors": "failed", "tokens": "passed", "logits": "failed", "kl": "failed"
    }  # fmt: skip
    assert "blk.0.attn_q.weight" in proof.rungs["tensors"].says
    distances = proof.rungs["logits"].figures["distances"]
    assert distances[0] < 1e-4
    assert min(distances[3:]) > 0.05


@pytest.mark.parametrize("quantization", ["f32", "q8_0"])
def test_a_wrong_rope_base(files: Files, source: Path, quantization: str, tmp_path: Path) -> None:
    key = b"llama.rope.freq_base"

    def rewrite(data: bytearray) -> None:
        at = data.index(key) + len(key)
        assert struct.unpack_from("<If", data, at) == (6, 500000.0)
        struct.pack_into("<f", data, at + 4, 100.0)

    proof = proof_of(damaged(files(quantization), tmp_path / "base.gguf", rewrite), source)
    assert proof.rungs["header"].says.startswith("llama.rope.freq_base is 100.0; 500000.0 was expected")
    assert states(proof) | {"kl": ""} == {
        "header": "failed", "tensors": "passed", "tokens": "passed", "logits": "failed", "kl": ""
    }  # fmt: skip


def test_a_wrong_token(files: Files, source: Path, tmp_path: Path) -> None:
    """Two pieces of the vocabulary have changed places."""
    pieces = read(files("f32")).metadata["tokenizer.ggml.tokens"]
    assert isinstance(pieces, list)
    first, other = pieces.index("t"), pieces.index("e")

    def swap(data: bytearray) -> None:
        start = data.index(b"tokenizer.ggml.tokens")
        for mine, theirs in ((b"t", b"\0"), (b"e", b"t"), (b"\0", b"e")):
            at = data.index(struct.pack("<Q", 1) + mine, start)
            data[at + 8 : at + 9] = theirs

    proof = proof_of(damaged(files("f32"), tmp_path / "token.gguf", swap), source)
    assert states(proof) == {
        "header": "passed", "tensors": "passed", "tokens": "failed", "logits": "passed", "kl": "passed"
    }  # fmt: skip
    assert f"at {min(first, other)} instead of" in proof.rungs["tokens"].says
    assert proof.rungs["tokens"].figures["differing"] > 10


@pytest.mark.parametrize("quantization", ["f32", "q4_k_m"])
def test_a_model_from_another_checkpoint(files: Files, quantization: str, tmp_path: Path) -> None:
    """The same shapes, other weights."""
    other = tiny_checkpoint(tmp_path / "other", rope_parameters=FAR, seed=1)
    proof = proof_of(files(quantization), other)
    assert proof.rungs["header"].state == "passed"
    assert proof.rungs["tensors"].state == "failed"
    assert proof.rungs["kl"].state == "failed"
    assert proof.rungs["kl"].figures["top1_agreement"] < 0.1


def test_another_shape_and_a_missing_tensor(files: Files, tmp_path: Path) -> None:
    deeper = tiny_checkpoint(tmp_path / "deeper", rope_parameters=FAR, num_hidden_layers=3, intermediate_size=256)
    proof = proof_of(files("f32"), deeper)
    assert states(proof) == {
        "header": "failed", "tensors": "failed", "tokens": "passed", "logits": "not climbed", "kl": "not climbed"
    }  # fmt: skip
    assert "blk.2" in " ".join(proof.rungs["tensors"].figures["problems"])


def test_a_damaged_header_ends_the_climb(files: Files, source: Path, tmp_path: Path) -> None:
    path = tmp_path / "short.gguf"
    path.write_bytes(files("f32").read_bytes()[:-5000])
    proof = proof_of(path, source)
    assert proof.verdict == "failed"
    assert "ends at byte" in proof.rungs["header"].says
    assert set(states(proof).values()) == {"failed", "not climbed"}


@pytest.mark.parametrize("module", ["transformers", "torch"])
def test_without_transformers_the_rungs_are_not_climbed(
    files: Files, source: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    proof = proof_of(files("q8_0"), source)
    assert proof.verdict == "partly proven"
    for name in ("logits", "kl"):
        assert proof.rungs[name].state == "not climbed"
        assert f"{module} is not installed; pip install 'luciole[verify]'" in proof.rungs[name].says


def test_a_reference_that_cannot_compute(files: Files, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(*_: object, logits_to_keep: object = None, **__: object) -> None:
        raise RuntimeError("not enough\nmemory")

    monkeypatch.setattr("transformers.LlamaForCausalLM.forward", forward)
    proof = proof_of(files("f32"), source)
    assert proof.verdict == "partly proven"
    assert "cannot compute 256 tokens: not enough memory" in proof.rungs["kl"].says


def test_a_file_that_another_converter_made(files: Files, source: Path, tmp_path: Path) -> None:
    """It says nothing of us and leaves keys out; what it says is compared all the same."""

    def rename(data: bytearray) -> None:
        for key in (b"luciole.version", b"llama.attention.key_length", b"tokenizer.ggml.add_eos_token"):
            at = data.index(key)
            data[at : at + len(key)] = b"x" * len(key)

    file = damaged(files("q8_0"), tmp_path / "theirs.gguf", rename)
    assert proof_of(file, source).verdict == "proven"

    def rotate(data: bytearray) -> None:
        rename(data)
        at = data.index(b"llama.rope.freq_base") + len(b"llama.rope.freq_base")
        struct.pack_into("<f", data, at + 4, 100.0)

    proof = proof_of(damaged(files("q8_0"), tmp_path / "wrong.gguf", rotate), source)
    assert "llama.rope.freq_base is 100.0" in proof.rungs["header"].says


def test_the_real_checkpoint(real_checkpoint: Path, converted: Callable[[str], Path], tmp_path: Path) -> None:
    """Trained weights, 30 layers, a vocabulary of 49,152; positions and text kept short here."""
    text = tmp_path / "text.txt"
    text.write_text(bundled_text()[:350], encoding="utf-8")
    proof = proof_of(converted("q4_k_m"), real_checkpoint, text=text, reach=64)
    assert proof.verdict == "proven", proof.rungs
    assert proof.rungs["kl"].figures["mean"] < 0.3
    assert proof.rungs["kl"].figures["top1_agreement"] > 0.7


def test_too_little_memory_for_the_reference(files: Files, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        available = 2**20

    monkeypatch.setattr("psutil.virtual_memory", Full)
    proof = proof_of(files("f32"), source)
    assert proof.verdict == "partly proven"
    assert "GiB of memory are free" in proof.rungs["logits"].says


def test_the_reference_of_a_family_that_transformers_does_not_carry(tmp_path: Path) -> None:
    """Index: Llama and a head of unit rows. The proof notices where the head was written as it lies."""
    model = index_model()
    config = index_config(model)
    folder = lay_out(tmp_path / "index", model.state_dict(), config, tokenizer=index_tokenizer)
    proof = proof_of(converted_file(folder, tmp_path / "index.gguf", "q8_0"), folder)
    assert proof.verdict == "proven", proof.rungs
    plain = lay_out(tmp_path / "plain", model.state_dict(), {**config, "norm_head": 0}, tokenizer=index_tokenizer)
    proof = proof_of(converted_file(plain, tmp_path / "plain.gguf", "f32"), folder)
    assert states(proof) == {
        "header": "passed", "tensors": "failed", "tokens": "passed", "logits": "failed", "kl": "failed"
    }  # fmt: skip
    assert "output.weight" in proof.rungs["tensors"].says


def test_an_encoder_is_proven_by_its_states(tmp_path: Path) -> None:
    model = tiny_model("BertModel", max_position_embeddings=160, hidden_act="gelu", spread=0.12, pad_token_id=0)
    folder = save(model, tmp_path / "bert")
    proof = proof_of(converted_file(folder, tmp_path / "bert.gguf", "f16"), folder)
    assert proof.verdict == "proven", proof.rungs
    assert proof.rungs["kl"].state == "does not apply"
    assert "hidden states" in proof.rungs["logits"].says


def test_what_the_user_chose_is_chosen_again(source: Path, tmp_path: Path) -> None:
    """A base and a scaling that no file of the checkpoint states: the reference is given them too."""
    chosen: tuple[dict[str, Any], ...] = ({"rope_base": 20000.0}, {"rope_scaling": "linear:4"}, {"context": 300})
    for number, choices in enumerate(chosen):
        file = converted_file(source, tmp_path / f"{number}.gguf", "f32", **choices)
        proof = proof_of(file, source)
        assert proof.verdict == "proven", proof.rungs


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("LlamaForCausalLM", {"num_key_value_heads": 2}),
        ("BloomForCausalLM", {"hidden_size": 64, "n_head": 4}),
        ("GPT2LMHeadModel", {"n_embd": 64, "n_positions": 128}),
        ("Gemma2ForCausalLM", {"num_key_value_heads": 2, "head_dim": 16, "query_pre_attn_scalar": 16}),
        (
            "Qwen3MoeForCausalLM",
            {
                "num_experts": 4,
                "moe_intermediate_size": 32,
                "head_dim": 16,
                "norm_topk_prob": True,
                "num_experts_per_tok": 2,
            },
        ),
    ],
)
def test_families_of_other_layouts_are_proven(name: str, settings: dict[str, Any], tmp_path: Path) -> None:
    """Fused, interleaved, transposed and stacked sources: the file's numbers find the source's places again."""
    folder = save(tiny_model(name, **settings), tmp_path / name)
    file = converted_file(folder, tmp_path / f"{name}.gguf", "q8_0")
    model, found = read_model(folder, Choices()), read_gguf(file)
    numbers = own_numbers(found, model)
    found.file.close()
    assert len(numbers) > 4
    for source_name, values in numbers.items():
        expected = torch.from_numpy(np.array(model.checkpoint.tensors[source_name].rows(slice(None))))
        error = (torch.from_numpy(values) - expected).norm() / expected.norm()
        assert 0 < error < 0.01, source_name
    proof = proof_of(file, folder)
    assert proof.verdict == "proven", proof.rungs


def refused(kind: type[Exception], said: str, arguments: tuple[Path, Path], text: Path | None = None) -> None:
    with pytest.raises(kind, match=said):
        proof_of(*arguments, text=text)


def test_what_cannot_be_compared_at_all(files: Files, source: Path, tmp_path: Path) -> None:
    refused(InvalidCheckpoint, "does not exist", (files("f32"), tmp_path / "nothing"))
    refused(InvalidCheckpoint, "cannot be read", (tmp_path / "nothing.gguf", source))
    empty = tmp_path / "empty.txt"
    empty.write_text(" \n", encoding="utf-8")
    refused(InvalidCheckpoint, "holds no words", (files("f32"), source), text=empty)
    refused(InvalidCheckpoint, "cannot be read", (files("f32"), source), text=tmp_path / "none.txt")
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}), encoding="utf-8")
    refused(IncompleteCheckpoint, "no weights", (files("f32"), bare))
