"""How a model is sampled: who comes first, what a file and a family say."""

from dataclasses import replace
from math import nan
from pathlib import Path

import pytest

from assistant.errors import InvalidSetting
from assistant.fake import FAKE_INFO
from assistant.gguf.header import Header, Value
from assistant.messages import Sampling
from assistant.paths import folder
from assistant.sampling_defaults import (
    file_sampling,
    file_statements,
    info_sampling,
    info_summary_sampling,
    model_sampling,
    model_summary_sampling,
    sampling_for,
    summary_sampling_for,
)
from assistant.settings import Rules, Settings
from assistant.summary.values import SUMMARY_SAMPLING


def header(architecture: str = "llama", tokens: int = 100, **metadata: Value) -> Header:
    """Keys with `__` for dots; `context` and `template` by those names."""
    keys = {name.replace("__", "."): value for name, value in metadata.items()}
    context, template = keys.pop("context", 4096), keys.pop("template", "")
    texts = ["<unk>", "<s>", "</s>", "reserved_0", "reserved_1", *(f"t{n}" for n in range(5, tokens))]
    base: dict[str, Value] = {
        "general.architecture": architecture,
        f"{architecture}.context_length": context,
        "tokenizer.ggml.tokens": tuple(texts),
        "tokenizer.chat_template": template,
    }
    return Header(3, 32, base | keys, (), 0, 0)


def test_ours_where_nobody_says_anything() -> None:
    assert sampling_for(header(), Settings(), "x") == Sampling()


def test_the_order() -> None:
    file = header(tokens=65029, general__sampling__temp=0.5, general__sampling__top_k=9, general__name="Index-Chat")
    settings = Settings(sampling=Rules({"top_k": 11, "seed": 1}, (("*chat", {"top_k": 12}),)))
    found = sampling_for(file, settings, "x", seed=2)
    assert found == Sampling(
        temperature=0.5,  # the file, before the family's 0.3
        top_k=12,  # the settings for this model, before the settings and the file
        top_p=0.8,  # the family
        min_p=0.0,
        repeat_penalty=1.1,
        seed=2,  # the command line
    )
    assert sampling_for(file, settings, "x", top_k=13).top_k == 13
    assert sampling_for(file, Settings(sampling=Rules({"top_k": 11})), "x").top_k == 11


def test_every_key_of_llama_cpp_that_has_a_field() -> None:
    file = header(
        general__sampling__temp=0.25,
        general__sampling__top_k=7,
        general__sampling__top_p=0.75,
        general__sampling__min_p=0.125,
        general__sampling__penalty_repeat=1.25,
        general__sampling__penalty_last_n=-1,
        general__sampling__mirostat=2,
    )
    assert sampling_for(file, Settings(), "x") == Sampling(0.25, 7, 0.75, 0.125, 1.25, penalty_window=-1)
    assert file_statements(file)["mirostat"] == 2
    noise = header(general__sampling__temp=nan, general__sampling__top_k=-5, general__sampling__top_p="high")
    assert file_sampling(noise) == {}
    assert sampling_for(noise, Settings(), "x") == Sampling()


CHAT = Sampling(temperature=0.3, top_k=5, top_p=0.8, min_p=0.0, repeat_penalty=1.1)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (header(tokens=65029), CHAT),
        (header(tokens=65029, context=32768), Sampling(temperature=0.0, repeat_penalty=1.1)),
        (
            header(tokens=65029, general__name="Index-1.9B-Character"),
            replace(CHAT, temperature=0.85, repeat_penalty=1.0),
        ),
        (header(tokens=39424), Sampling(0.85, 50, 0.9, 0.0, 1.05, stop=("<human>:",))),
        (header(tokens=39424, context=2048), Sampling(1.0, 50, 0.85, 0.0, stop=("<human>:",))),
        (header("bloom", tokens=46145), Sampling(0.35, 50, 0.8, 0.0, 1.2)),
        (
            header(tokens=64000, template="{{ '### Human: ' }}"),
            Sampling(0.6, 50, 0.8, 0.0, stop=("### Human:",)),
        ),
        (header(tokens=64000, template="<|im_start|>"), Sampling()),
        (header("bloom", tokens=39424), Sampling()),
    ],
)
def test_families(file: Header, expected: Sampling) -> None:
    assert sampling_for(file, Settings(), "x") == expected


def test_summaries() -> None:
    settings = Settings(sampling=Rules({"temperature": 0.9}), summary=Rules({"max_tokens": 600}))
    hot = header(general__sampling__temp=1.5)
    assert summary_sampling_for(hot, Settings(), "x") == SUMMARY_SAMPLING, "greedy, whatever the chat does"
    assert summary_sampling_for(hot, settings, "x", seed=3) == replace(SUMMARY_SAMPLING, max_tokens=600, seed=3)
    long = summary_sampling_for(header(tokens=65029, context=32768), Settings(), "x")
    assert long == Sampling(temperature=0.0, repeat_penalty=1.1, max_tokens=500)


def test_of_a_loaded_model(starter_gguf: Path) -> None:
    assert info_sampling(None) == info_sampling(FAKE_INFO) == Sampling()
    assert info_summary_sampling(FAKE_INFO) == SUMMARY_SAMPLING
    (folder("config") / "settings.toml").write_text("[sampling.mine]\ntop_k = 3\n[summary]\nseed = 4\n")
    info = replace(FAKE_INFO, name="mine", path=str(starter_gguf))
    assert info_sampling(info) == replace(Sampling(), top_k=3)
    assert info_summary_sampling(info) == replace(SUMMARY_SAMPLING, seed=4)


def test_of_a_model_by_name(starter_gguf: Path) -> None:
    assert model_sampling("starter", top_k=3) == replace(Sampling(), top_k=3)
    assert model_summary_sampling(None) == SUMMARY_SAMPLING
    (folder("config") / "settings.toml").write_text('[sampling."SmolLM2*"]\ntemperature = 0.6\n')
    assert model_sampling("starter").temperature == 0.6
    with pytest.raises(InvalidSetting, match="top_p is 3"):
        model_sampling("starter", top_p=3)
