"""RoPE of every kind: converted files compute what transformers computes, at the first positions and far beyond.

The checkpoints are one layer of heads so sharp that each position looks at few others: a base wrong by a tenth moves
logits by a tenth of their standard deviation and more, a forgotten scaling by several, while two right computations in
float32 differ by 0.0003 of it at most, 32,768 tokens included. The tests at the end write wrong files to show it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tests.convert.tiny import reference_logits, spell_in_v4, toy_tokenizer, write_tokenizer
from tests.support import Floats, converted_file, llama_model

TOLERANCE = 0.001
"""Largest difference of a logit, as a share of the standard deviation of all logits compared."""

ORIGINAL, LENGTH, FAR = 512, 3072, 32768
"""Tokens: what a scaled model was trained on first, what is compared in every run, and what Index-1.9B-32K reads."""

HEAD = 32
LINEAR: dict[str, Any] = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 8.0}
DYNAMIC: dict[str, Any] = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0}
YARN: dict[str, Any] = {
    "rope_type": "yarn",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "original_max_position_embeddings": ORIGINAL,
}
LLAMA3: dict[str, Any] = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": ORIGINAL,
}
LONGROPE: dict[str, Any] = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "short_factor": [1.0 + 0.02 * pair for pair in range(HEAD // 2)],
    "long_factor": [1.0 + 0.6 * pair for pair in range(HEAD // 2)],
    "original_max_position_embeddings": ORIGINAL,
}


def plain(base: float) -> dict[str, Any]:
    return {"rope_type": "default", "rope_theta": base}


def sharp_checkpoint(folder: Path, *, context: int, heads: int = 2, spelling: str = "v5", **rope: Any) -> Path:
    """A Llama of one layer whose scores have a standard deviation of about one; `rope` is `rope_parameters`."""
    hidden = 64
    config = LlamaConfig(
        vocab_size=417,
        hidden_size=hidden,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        head_dim=HEAD,
        max_position_embeddings=context,
        rms_norm_eps=1e-5,
        bos_token_id=1,
        eos_token_id=2,
        tie_word_embeddings=False,
        rope_parameters=rope,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.normal_(mean=1.0, std=0.2)
            else:
                parameter.normal_(std=(2.0 if "v_proj" in name or "o_proj" in name else 1.0) * hidden**-0.5)
    folder.mkdir()
    model.save_pretrained(folder)
    write_tokenizer(folder, toy_tokenizer())
    if spelling == "v4":
        spell_in_v4(folder)
    return folder


def random_tokens(length: int) -> list[int]:
    return [int(token) for token in np.random.default_rng(5).integers(0, 411, length)]


def places(length: int) -> list[int]:
    """Positions to compare: the first ones, around the original context and a power of two, and on to the last."""
    near = (0, 1, 2, 50, ORIGINAL - 1, ORIGINAL, ORIGINAL + 1, 1023, 1024)
    return sorted({place for place in (*near, *np.linspace(100, length - 1, 12).astype(int)) if place < length})


def differences(file: Path, folder: Path, *, length: int = LENGTH) -> Floats:
    """The largest difference of a logit at each of `places`, as a share of the standard deviation of the logits."""
    tokens, positions = random_tokens(length), places(length)
    expected = reference_logits(folder, tokens, positions)
    assert expected.std(axis=1).min() > 0.5
    with llama_model(file) as model:
        found = model.logits(tokens, positions)
    shares: Floats = np.abs(found - expected).max(axis=1) / expected.std()
    return shares


@pytest.mark.parametrize("spelling", ["v4", "v5"])
@pytest.mark.parametrize(
    ("rope", "context"),
    [
        pytest.param(plain(10000.0), LENGTH, id="10000"),
        pytest.param(plain(320000.0), 32768, id="320000"),
        pytest.param(LINEAR, LENGTH, id="linear"),
        pytest.param(YARN, 4096, id="yarn"),
        pytest.param({**YARN, "attention_factor": 1.0}, 4096, id="yarn with an attention factor"),
        pytest.param({**YARN, "mscale": 1.4, "mscale_all_dim": 0.3}, 4096, id="yarn with mscale"),
        pytest.param({**YARN, "beta_fast": 12, "beta_slow": 2}, 4096, id="yarn with other betas"),
        pytest.param({**YARN, "truncate": False}, 4096, id="yarn with an exact ramp"),
        pytest.param({**YARN, "factor": 2.0}, ORIGINAL, id="yarn added by hand"),
        pytest.param(LLAMA3, 4096, id="llama3"),
        pytest.param(LONGROPE, 4096, id="longrope"),
        pytest.param({**LONGROPE, "attention_factor": 1.3}, 4096, id="longrope with an attention factor"),
    ],
)
def test_each_kind_is_equal_at_every_position(
    rope: dict[str, Any], context: int, spelling: str, tmp_path: Path
) -> None:
    folder = sharp_checkpoint(tmp_path / "tiny", context=context, spelling=spelling, **rope)
    shares = differences(converted_file(folder, tmp_path / "tiny.gguf", "f32"), folder)
    assert shares.max() < TOLERANCE, shares.tolist()


def test_longrope_within_the_original_context_uses_the_short_factors(tmp_path: Path) -> None:
    folder = sharp_checkpoint(tmp_path / "tiny", context=4096, **LONGROPE)
    shares = differences(converted_file(folder, tmp_path / "tiny.gguf", "f32"), folder, length=ORIGINAL)
    assert shares.max() < TOLERANCE, shares.tolist()


def test_dynamic_scaling_is_equal_at_the_chosen_context(tmp_path: Path) -> None:
    """transformers' base depends on the length of the text, so the text is exactly as long as the chosen context."""
    folder = sharp_checkpoint(tmp_path / "tiny", context=ORIGINAL, **DYNAMIC)
    chosen = converted_file(folder, tmp_path / "chosen.gguf", "f32", context=LENGTH)
    assert differences(chosen, folder).max() < TOLERANCE
    unscaled = converted_file(folder, tmp_path / "unscaled.gguf", "f32")
    assert differences(unscaled, folder, length=ORIGINAL).max() < TOLERANCE
    assert differences(unscaled, folder).max() > 100 * TOLERANCE


@pytest.mark.parametrize(
    "options", [{"rope_base": 320000.0}, {"rope_scaling": '{"type": "default", "rope_theta": 3.2e5}'}]
)
def test_a_base_of_the_command_line_repairs_a_checkpoint(options: dict[str, Any], tmp_path: Path) -> None:
    right = sharp_checkpoint(tmp_path / "right", context=32768, **plain(320000.0))
    wrong = sharp_checkpoint(tmp_path / "wrong", context=32768, **plain(10000.0))
    repaired = converted_file(wrong, tmp_path / "repaired.gguf", "f32", **options)
    assert differences(repaired, right).max() < TOLERANCE


@pytest.mark.parametrize(
    ("text", "rope"),
    [
        ("linear:8", LINEAR),
        (f"yarn:8:{ORIGINAL}", YARN),
        ('{"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 512, "beta_fast": 12}',
         {**YARN, "beta_fast": 12}),
    ],
)  # fmt: skip
def test_a_scaling_of_the_command_line_is_the_config_s(text: str, rope: dict[str, Any], tmp_path: Path) -> None:
    scaled = sharp_checkpoint(tmp_path / "scaled", context=LENGTH, **rope)
    unscaled = sharp_checkpoint(tmp_path / "unscaled", context=LENGTH, **plain(rope["rope_theta"]))
    file = converted_file(unscaled, tmp_path / "tiny.gguf", "f32", rope_scaling=text)
    assert differences(file, scaled).max() < TOLERANCE


def test_index_32k_is_equal_over_its_whole_context(tmp_path: Path) -> None:
    """One head, so that 32,768 tokens take seconds; and the base that no one knew of fails already at position 100."""
    folder = sharp_checkpoint(tmp_path / "tiny", context=FAR, heads=1, **plain(320000.0))
    shares = differences(converted_file(folder, tmp_path / "tiny.gguf", "f32"), folder, length=FAR)
    assert shares.max() < TOLERANCE, shares.tolist()


@pytest.mark.parametrize(
    ("rope", "context", "options"),
    [
        pytest.param({**LINEAR, "factor": 8.0}, FAR, {}, id="linear", marks=pytest.mark.parity),
        pytest.param(DYNAMIC, 4096, {"context": FAR}, id="dynamic", marks=pytest.mark.parity),
        pytest.param({**YARN, "original_max_position_embeddings": 4096}, FAR, {}, id="yarn"),
        pytest.param(
            {**YARN, "original_max_position_embeddings": 4096, "truncate": False},
            FAR,
            {},
            id="yarn with an exact ramp",
            marks=pytest.mark.parity,
        ),
        pytest.param({**LLAMA3, "original_max_position_embeddings": 4096}, FAR, {}, id="llama3"),
        pytest.param(
            {**LONGROPE, "original_max_position_embeddings": 4096}, FAR, {}, id="longrope", marks=pytest.mark.parity
        ),
    ],
)
def test_each_kind_is_equal_up_to_32k(
    rope: dict[str, Any], context: int, options: dict[str, Any], tmp_path: Path
) -> None:
    folder = sharp_checkpoint(tmp_path / "tiny", context=context, heads=1, **rope)
    shares = differences(converted_file(folder, tmp_path / "tiny.gguf", "f32", **options), folder, length=FAR)
    assert shares.max() < TOLERANCE, shares.tolist()


@pytest.mark.parametrize("wrong", [10000.0, 290000.0, 352000.0])
def test_a_wrong_base_is_seen_and_only_beyond_the_first_positions(wrong: float, tmp_path: Path) -> None:
    folder = sharp_checkpoint(tmp_path / "tiny", context=32768, **plain(320000.0))
    shares = differences(converted_file(folder, tmp_path / "wrong.gguf", "f32", rope_base=wrong), folder)
    assert shares[0] < TOLERANCE, "nothing turns at the first position, so a short check would see nothing"
    assert shares[4:].min() > 50 * TOLERANCE, shares.tolist()


@pytest.mark.parametrize(
    ("rope", "wrong"),
    [
        pytest.param(LINEAR, "none", id="linear lost"),
        pytest.param(LINEAR, "linear:7", id="linear by another factor"),
        pytest.param(YARN, "none", id="yarn lost"),
        pytest.param(YARN, "linear:8", id="yarn taken for linear"),
        pytest.param({**YARN, "attention_factor": 1.0}, f"yarn:8:{ORIGINAL}", id="attention factor lost"),
        pytest.param({**YARN, "beta_fast": 12}, f"yarn:8:{ORIGINAL}", id="beta lost"),
        pytest.param(YARN, "yarn:8:4096", id="yarn from another context"),
        pytest.param(LLAMA3, "none", id="llama3 lost"),
        pytest.param(LLAMA3, "linear:8", id="llama3 taken for linear"),
        pytest.param(LONGROPE, "none", id="longrope lost"),
    ],
)
def test_a_wrong_scaling_is_seen(rope: dict[str, Any], wrong: str, tmp_path: Path) -> None:
    folder = sharp_checkpoint(tmp_path / "tiny", context=4096, **rope)
    shares = differences(converted_file(folder, tmp_path / "wrong.gguf", "f32", rope_scaling=wrong), folder)
    assert shares[4:].max() > 50 * TOLERANCE, shares.tolist()
