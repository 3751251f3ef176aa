"""What is a name on the hub, and what the names of files say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.hub.names import HubName, hub_name, is_safe
from assistant.hub.quantizations import normal, part_of, quantization_of, stem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("owner/name", HubName("owner/name")),
        ("owner/name:q4_k_m", HubName("owner/name", "q4_k_m")),
        ("owner/Name-1.5:UD-Q4_K_XL", HubName("owner/Name-1.5", "UD-Q4_K_XL")),
        ("owner/name@v1.0", HubName("owner/name", None, "v1.0")),
        ("owner/name:q8_0@refs/pr/1", HubName("owner/name", "q8_0", "refs/pr/1")),
        ("https://huggingface.co/owner/name", HubName("owner/name")),
        ("https://huggingface.co/owner/name/", HubName("owner/name")),
        ("https://huggingface.co/owner/name/tree/dev", HubName("owner/name", None, "dev")),
        ("https://huggingface.co/o/n/blob/main/n-Q5_K_M.gguf", HubName("o/n", "q5_k_m", "main")),
        ("https://huggingface.co/o/n/resolve/main/q/n-IQ4_XS.gguf?download=true", HubName("o/n", "iq4_xs", "main")),
        ("https://hf.co/o/n", HubName("o/n")),
        ("hf.co/o/n:Q4_K_M", HubName("o/n", "Q4_K_M")),
        ("hf://o/n", HubName("o/n")),
    ],
)
def test_names(text: str, expected: HubName) -> None:
    assert hub_name(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "name", "./owner/name", "../owner/name", "~/name", "/owner/name", "owner/name/more", "owner/file.gguf"),
        *("owner/", "/name", "own er/name", "owner/name:", "owner/na--me", "owner/na..me", "owner/name.git", "o\\n/m"),
        *("-o/name", "owner/.name", "o/" + "n" * 100, "owner/名字", "https://example.org/owner/name", "https://[::1"),
        *("https://huggingface.co/datasets/o/n", "https://huggingface.co/owner", "owner/name@../x"),
    ],
)
def test_no_names(text: str) -> None:
    assert hub_name(text) is None


def test_what_lies_on_the_disk_is_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert hub_name("owner/name") is None
    assert hub_name("owner/other", "dev") == HubName("owner/other", None, "dev")


def test_the_endpoints_own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example:8443")
    assert hub_name("https://mirror.example:8443/o/n/tree/x") == HubName("o/n", None, "x")
    monkeypatch.setenv("HF_ENDPOINT", "http://[")
    assert hub_name("https://mirror.example/o/n") is None


def test_it_is_said_as_it_was_typed() -> None:
    assert str(HubName("o/n", "Q4_K_M", "dev")) == "o/n:Q4_K_M"
    assert str(HubName("o/n")) == "o/n"


@given(st.text())
def test_any_text(text: str) -> None:
    found = hub_name(text)
    assert found is None or is_safe(found.repository)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Model-Q4_K_M.gguf", "q4_k_m"),
        ("model.q4_k_m.GGUF", "q4_k_m"),
        ("Model-Q4_K_M-00001-of-00002.gguf", "q4_k_m"),
        ("BF16/Model-00001-of-00003.gguf", "bf16"),
        ("Model-UD-Q4_K_XL.gguf", "ud-q4_k_xl"),
        ("Model-IQ3_XXS.gguf", "iq3_xxs"),
        ("Model-fp16.gguf", "f16"),
        ("Model-Q4_0_4_4.gguf", "q4_0_4_4"),
        ("Model-Q4_K_M-imat.gguf", "q4_k_m"),
        ("Model-MXFP4_MOE.gguf", "mxfp4_moe"),
        ("qwen2.5-0.5b.gguf", None),
        ("Model.gguf", None),
    ],
)
def test_quantizations(path: str, expected: str | None) -> None:
    assert quantization_of(path) == expected


def test_spellings_and_parts() -> None:
    assert [normal(text) for text in ("Q4-K-M", "FP16", "UD-Q2_K_XL", "ud_q2_k_xl")] == [
        *("q4_k_m", "f16", "ud-q2_k_xl", "ud-q2_k_xl")
    ]
    assert (part_of("a-00002-of-00003.gguf"), part_of("a.gguf")) == ((2, 3), (1, 1))
    assert stem("x/a-Q4_0-00002-of-00003.gguf") == "a-Q4_0"


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "/x", "a/../x", "a//x", "./x", "a\\x", "C:x", "a\x00b", "a\x1b[31m", "a\nb", "x ", "x.", "a/ /b", ""),
        *("con", "NUL.gguf", "x/aux.json", "a\u202egpj.gguf", "n" * 300, "a/" * 600 + "b", "x?", "x*", "\ud800"),
    ],
)
def test_paths_that_are_not_safe(path: str) -> None:
    assert not is_safe(path)


@pytest.mark.parametrize("path", ["a.gguf", "a/b/c.json", "模型.gguf", ".gitattributes", "a b.txt", "console.txt"])
def test_paths_that_are(path: str) -> None:
    assert is_safe(path)
