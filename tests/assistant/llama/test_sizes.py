"""What a setting takes, against what llama.cpp really took once a context of it was full."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import EngineFailed
from assistant.gguf.file import read_header
from assistant.gguf.header import Header, TensorInfo
from assistant.llama.candidates import layers_that_fit
from assistant.llama.log import llama_log
from assistant.llama.sizes import DryModel, buffers_by_device, dry_model, kept_by_device, weights_by_device
from assistant.plan.machine import HOST, Free
from assistant.plan.setting import Setting, Sizes
from tests.convert.families.support import save, tiny_model
from tests.support import converted_file

MIB = 1 << 20
WITHIN_MIB, WITHIN_SHARE = 64, 0.05
"""The accuracy to reach: one of the two."""

HEADS = {"head_dim": 64, "num_key_value_heads": 2, "max_position_embeddings": 8192}
FAMILIES: dict[str, Callable[[], object]] = {
    "grouped": lambda: tiny_model("LlamaForCausalLM", num_hidden_layers=8, **HEADS),
    "sliding": lambda: tiny_model(
        "Gemma3ForCausalLM", norm=0.0, num_hidden_layers=6, query_pre_attn_scalar=64, sliding_window=512, **HEADS,
        layer_types=["sliding_attention"] * 5 + ["full_attention"], sliding_window_pattern=6,
    ),
    "experts": lambda: tiny_model(
        "Qwen3MoeForCausalLM", num_hidden_layers=8, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=96,
        decoder_sparse_step=1, mlp_only_layers=[], norm_topk_prob=True, **HEADS,
    ),
    "alibi": lambda: tiny_model("BloomForCausalLM", n_layer=4, n_head=4, hidden_size=256, num_hidden_layers=4),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("sizes")
    files: dict[str, Path] = {}

    def family(name: str) -> Path:
        if name not in files:
            files[name] = converted_file(save(FAMILIES[name](), folder / name), folder / f"{name}.gguf", "q8_0")
        return files[name]

    return family


def assert_as_taken(path: Path, setting: Setting) -> None:
    """In a process of its own, since only a fresh one shows what a model takes."""
    words = [path, setting.context, setting.k, setting.v, setting.flash, setting.batch]
    command = [sys.executable, "-m", "tests.assistant.llama.real_use", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    predicted, taken = found["predicted"], found["taken"]
    allowed = max(WITHIN_MIB * MIB, WITHIN_SHARE * taken)
    assert abs(predicted - taken) <= allowed, f"{predicted / MIB:.0f} MiB predicted, {taken / MIB:.0f} taken"


@pytest.mark.parametrize(
    "setting",
    [
        Setting(2048, "f16", "f16", False, 0, 512),
        pytest.param(Setting(4096, "f16", "f16", False, 0, 512), marks=pytest.mark.slow),
        pytest.param(Setting(4096, "q8_0", "f16", False, 0, 128), marks=pytest.mark.slow),
        pytest.param(Setting(1024, "q4_0", "q4_0", True, 0, 512), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_real_model(starter_gguf: Path, setting: Setting) -> None:
    assert_as_taken(starter_gguf, setting)


@pytest.mark.parametrize("family", ["grouped", "sliding", "experts"])
def test_families(made: Callable[[str], Path], family: str) -> None:
    for setting in (Setting(4096, "f16", "f16", False, 0, 512), Setting(2048, "q8_0", "q8_0", True, 0, 512)):
        assert_as_taken(made(family), setting)


def test_alibi(made: Callable[[str], Path]) -> None:
    assert_as_taken(made("alibi"), Setting(2048, "f16", "f16", False, 0, 512))


def kv_of(dry: DryModel, context: int, k: str = "f16", v: str = "f16") -> int:
    sizes = dry.sizes(Setting(context, k, v, flash=v != "f16", gpu_layers=0, batch=512))
    assert sizes is not None
    return sum(sizes.kv.values())


def test_keys_and_values_counted_by_hand(starter_gguf: Path) -> None:
    """30 layers of 3 grouped heads of 64; llama.cpp tells two places after the point of a MiB."""
    with dry_model(starter_gguf, read_header(starter_gguf)) as dry:
        numbers = 30 * 3 * 64 * 8192
        for k, v, bytes_each in (("f16", "f16", 4.0), ("q8_0", "f16", 34 / 32 + 2), ("q4_0", "q4_0", 36 / 32)):
            assert kv_of(dry, 8192, k, v) == pytest.approx(numbers * bytes_each, abs=MIB / 100)
        assert kv_of(dry, 4096) == numbers // 2 * 4


def test_a_window_stops_growing(made: Callable[[str], Path]) -> None:
    """One layer of six keeps all of the context; the window and a batch is what the others keep."""
    path = made("sliding")
    with dry_model(path, read_header(path)) as dry:
        growth = kv_of(dry, 8192) - kv_of(dry, 4096)
        assert growth == 4096 * 2 * 64 * 4
        assert kv_of(dry, 4096) == 4096 * 2 * 64 * 4 + 5 * 1024 * 2 * 64 * 4


def test_weights_are_those_of_the_file(starter_gguf: Path) -> None:
    header = read_header(starter_gguf)
    with dry_model(starter_gguf, header) as dry:
        tables = dry.weights[HOST] - sum(tensor.size for tensor in header.tensors)
        assert 0 <= tables < 64 * MIB


def test_more_is_never_less(starter_gguf: Path) -> None:
    with dry_model(starter_gguf, read_header(starter_gguf)) as dry:
        setting = Setting(1024, "f16", "f16", False, 0, 128)
        totals = []
        for changes in ({}, {"context": 2048}, {"context": 8192}, {"context": 8192, "batch": 512}):
            sizes = dry.sizes(replace(setting, **changes))
            assert sizes is not None
            totals.append(sizes.total)
        assert totals == sorted(totals)
        assert len(set(totals)) == len(totals)


def test_a_head_size_that_cannot_be_quantized_is_no_option(tmp_path: Path) -> None:
    model = tiny_model("LlamaForCausalLM", head_dim=16, num_key_value_heads=1)
    path = converted_file(save(model, tmp_path / "small"), tmp_path / "small.gguf", "f32")
    with dry_model(path, read_header(path)) as dry:
        assert dry.sizes(Setting(512, "q8_0", "q8_0", True, 0, 512)) is None
        assert dry.sizes(Setting(512, "f16", "f16", False, 0, 512)) is not None


@pytest.mark.parametrize(
    ("unsaid", "said"), [("llama_kv_cache: size", "size of its memory"), ("compute buffer", "size of its buffers")]
)
def test_another_wording_is_an_error_and_not_zero(
    starter_gguf: Path, monkeypatch: pytest.MonkeyPatch, unsaid: str, said: str
) -> None:
    log = llama_log()
    take = log._take

    def otherwise(level: int, text: bytes, data: object) -> None:
        take(level, text.replace(unsaid.encode(), b"room"), data)

    import llama_cpp

    callback = llama_cpp.llama_log_callback(otherwise)
    with dry_model(starter_gguf, read_header(starter_gguf)) as dry:
        monkeypatch.setattr(log, "_callback", callback)
        with pytest.raises(EngineFailed, match=said):
            dry.sizes(Setting(1024, "f16", "f16", False, 0, 512))
        monkeypatch.undo()
        log.forget()


def test_a_file_llama_cpp_refuses(starter_gguf: Path, tmp_path: Path) -> None:
    path = tmp_path / "unknown.gguf"
    data = starter_gguf.read_bytes()
    at = data.index(b"general.architecture") + len(b"general.architecture") + 4 + 8
    path.write_bytes(data[:at] + b"martian"[: data[at - 8]].ljust(data[at - 8], b"x") + data[at + data[at - 8] :])
    with pytest.raises(EngineFailed, match=r"cannot load unknown\.gguf"), dry_model(path, read_header(path)):
        pass


def header_of(*tensors: tuple[str, int]) -> Header:
    return Header(3, 32, {}, tuple(TensorInfo(name, (8, 8), 0, "F32", 0, size) for name, size in tensors), 0, 0)


def test_weights_lie_with_their_layers() -> None:
    """As llama.cpp lays them: the embedding stays with the processor, and where it is the output too, is copied."""
    places = {0: HOST, 1: "CUDA0", 2: "CUDA1", 3: "CUDA1"}
    layers = [("blk.0.a", 1), ("blk.1.a", 10), ("blk.2.a", 100)]
    own_output = header_of(*layers, ("token_embd.weight", 1000), ("output_norm.weight", 5), ("output.weight", 2000))
    assert weights_by_device(own_output, places, 7) == {HOST: 1008, "CUDA0": 10, "CUDA1": 2105}
    tied = header_of(*layers, ("token_embd.weight", 1000), ("output_norm.weight", 5))
    assert weights_by_device(tied, places, 7) == {HOST: 1008, "CUDA0": 10, "CUDA1": 1105}
    assert weights_by_device(tied, dict.fromkeys(range(4), HOST), 0) == {HOST: 1116}


def test_what_llama_cpp_says_with_gpus() -> None:
    """Lines as of a build with CUDA: layers named one by one, then the size of all; buffers by their kind."""
    devices = {HOST, "CUDA0", "CUDA1"}
    kept = [
        "llama_kv_cache_iswa: creating non-SWA KV cache, size = 4096 cells",
        "llama_kv_cache: layer   0: dev = CPU",
        "llama_kv_cache: layer   1: dev = CUDA0",
        "llama_kv_cache: layer   2: dev = CUDA0",
        "llama_kv_cache: layer   3: dev = CUDA1",
        "llama_kv_cache:      CUDA0 KV buffer size =     0.00 MiB",
        "llama_kv_cache: size =  100.00 MiB (  4096 cells,   4 layers,  1/1 seqs), K (f16):  50.00 MiB",
        "llama_memory_recurrent, layer   4: dev = CUDA1",
        "llama_memory_recurrent: size =    8.00 MiB (     1 cells,   1 layers,  1 seqs  0 rs_seq)",
    ]
    assert kept_by_device(kept, devices) == {HOST: 25 * MIB, "CUDA0": 50 * MIB, "CUDA1": 33 * MIB}
    buffers = [
        "sched_reserve:      CUDA0 compute buffer size =    10.50 MiB",
        "sched_reserve:      CUDA1 compute buffer size =    20.00 MiB",
        "sched_reserve:  CUDA_Host compute buffer size =     3.00 MiB",
        "llama_context:  CUDA_Host  output buffer size =     0.50 MiB",
        "load_tensors:        CUDA0 model buffer size =   900.00 MiB",
    ]
    assert buffers_by_device(buffers, devices) == {"CUDA0": 10.5 * MIB, "CUDA1": 20 * MIB, HOST: 3.5 * MIB}


def test_how_many_layers_fit_a_card() -> None:
    """Four layers and the output, 100 each with their keys and values, and 50 to compute in."""
    sizes = Sizes({HOST: 900, "CUDA0": 400}, {"CUDA0": 100}, {HOST: 10, "CUDA0": 50})
    for usable, layers in ((1000, 4), (449, 3), (350, 3), (349, 2), (150, 1), (149, 0), (0, 0)):
        assert layers_that_fit(sizes, 5, Free({HOST: 9999, "CUDA0": usable})) == layers
