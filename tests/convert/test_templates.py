"""Where the prompt format comes from: the user, the checkpoint's files, the signs of a family; never from thin air."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convert import Choices, ConversionError, Preview, convert
from convert.checkpoint import Checkpoint
from convert.errors import InvalidCheckpoint
from convert.formats import format_text, missing_tokens, recognise
from convert.tokenizer.entries import Kind
from convert.tokenizer.vocabulary import read_vocabulary
from tests.convert.families.support import tiny_model
from tests.convert.gguf_file import read
from tests.convert.tiny import CHATML, toy_tokenizer, write_tokenizer
from tests.convert.toy_tokenizers import write_bloom, write_sentencepiece
from tests.support import converted_file


def previewed(folder: Path, **choices: Any) -> Preview:
    *_, last = convert(folder, folder.with_suffix(".gguf"), choices=Choices(**choices), dry_run=True)
    assert isinstance(last, Preview)
    return last


def written_template(folder: Path, **choices: Any) -> str | None:
    target = converted_file(folder, folder.with_suffix(".gguf"), "q8_0", force=True, **choices)
    found = read(target).metadata.get("tokenizer.chat_template")
    assert found is None or isinstance(found, str)
    return found


@pytest.fixture
def checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """A tiny Llama in a folder of the given name, with tokenizer files by the given function, and no template."""

    def make(name: str, write: Callable[[Path], int] | None = None, **config: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        if write is None:
            write_tokenizer(folder, toy_tokenizer(), template=None)
        tokens = 411 if write is None else write(folder)
        tiny_model("LlamaForCausalLM", vocab_size=tokens).save_pretrained(folder)
        values = json.loads((folder / "config.json").read_text()) | config
        (folder / "config.json").write_text(json.dumps(values))
        return folder

    return make


def test_own_template_wins_over_signs_and_is_written_as_it_is(checkpoint: Callable[..., Path]) -> None:
    folder = checkpoint("Tiny-Chat")
    (folder / "chat_template.jinja").write_text("{{ 'from the file' }}")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"chat_template": CHATML}))
    found = previewed(folder)
    assert (found.template.name, found.template.source) == ("custom", "chat_template.jinja")
    assert written_template(folder) == "{{ 'from the file' }}"
    (folder / "chat_template.jinja").unlink()
    found = previewed(folder)
    assert (found.template.name, found.template.source) == ("chatml", "tokenizer_config.json: chat_template")
    assert written_template(folder) == CHATML


def test_choice_wins_over_the_checkpoint_and_is_recorded(checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    folder = checkpoint("Tiny-Chat")
    (folder / "chat_template.jinja").write_text(CHATML)
    found = previewed(folder, template="alpaca")
    assert (found.template.name, found.template.source) == ("alpaca", "--template alpaca")
    assert written_template(folder, template="alpaca") == format_text("alpaca")
    assert written_template(folder, template="none") is None
    own = tmp_path / "mine.jinja"
    own.write_text("{% for m in messages %}{{ m['content'] }}{% endfor %}\n")
    assert previewed(folder, template=str(own)).template.source == "--template mine.jinja"
    assert written_template(folder, template=str(own)) == "{% for m in messages %}{{ m['content'] }}{% endfor %}"


def test_choice_without_its_tokens_is_used_with_a_warning(checkpoint: Callable[..., Path]) -> None:
    warnings = previewed(checkpoint("Tiny"), template="llama3").warnings
    assert any("no control token <|start_header_id|>" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        pytest.param("chatmal", "chatml, firefly", id="unknown name"),
        pytest.param("broken.jinja", "line 2", id="no Jinja"),
        pytest.param("empty.jinja", "is empty", id="empty"),
        pytest.param("binary.jinja", "UTF-8", id="binary"),
        pytest.param("deep.jinja", "Jinja", id="nested for ever"),
        pytest.param("filter.jinja", "the filter 'strpi' \\(line 2\\)", id="a filter that is none"),
        pytest.param("test.jinja", "the test 'defind'", id="a test that is none"),
        pytest.param("digits.jinja", "Jinja", id="a number too long for Python"),
        pytest.param("/dev/zero", "characters", id="without end"),
        pytest.param("a\0b", "cannot be read", id="no path"),
    ],
)
def test_unusable_choice_is_refused(template: str, words: str, checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "broken.jinja").write_text("{% for m in messages %}\n{{ m['content' }}{% endfor %}")
    (tmp_path / "empty.jinja").write_text(" \n")
    (tmp_path / "binary.jinja").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "deep.jinja").write_text("{{ " + "(" * 20000 + ")" * 20000 + " }}")
    (tmp_path / "filter.jinja").write_text("{{ bos_token }}\n{{ messages[0]['content'] | strpi }}")
    (tmp_path / "test.jinja").write_text("{{ 1 if bos_token is defind }}")
    (tmp_path / "digits.jinja").write_text("{{ " + "9" * 5000 + " }}")
    choice = str(tmp_path / template) if template.endswith(".jinja") else template
    with pytest.raises(ConversionError, match=words):
        previewed(checkpoint("Tiny"), template=choice)


def test_own_template_that_is_none_is_written_with_a_warning(checkpoint: Callable[..., Path]) -> None:
    folder = checkpoint("Tiny-Chat")
    (folder / "chat_template.jinja").write_text("{% if %}")
    assert any("line 1" in warning for warning in previewed(folder).warnings)
    assert written_template(folder) == "{% if %}"


def test_named_templates_are_written_under_their_names(checkpoint: Callable[..., Path]) -> None:
    folder = checkpoint("Tiny-Chat")
    named = [{"name": "default", "template": CHATML}, {"name": "tool_use", "template": "{{ 'tools' }}"}]
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": named}))
    found = previewed(folder)
    assert (found.template.name, found.template.source) == ("chatml", "chat_template.json: chat_template 'default'")
    assert written_template(folder) == CHATML
    keys = read(folder.with_suffix(".gguf")).metadata
    assert keys["tokenizer.chat_templates"] == ["tool_use"]
    assert keys["tokenizer.chat_template.tool_use"] == "{{ 'tools' }}"
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": named[1:]}))
    assert any("'default' is missing among tool_use" in warning for warning in previewed(folder).warnings)
    assert written_template(folder) is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(5, id="a number"),
        pytest.param({"default": "x"}, id="an object"),
        pytest.param([{"name": "default"}], id="no text"),
        pytest.param([{"name": ["default"], "template": "x"}], id="no name"),
        pytest.param([{"name": "default", "template": 5}], id="a number for a text"),
    ],
)
def test_a_template_of_another_kind_is_refused(value: object, checkpoint: Callable[..., Path]) -> None:
    folder = checkpoint("Tiny-Chat")
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": value}))
    with pytest.raises(InvalidCheckpoint, match=r"chat_template.*chat_template\.json"):
        previewed(folder)


def test_a_constant_as_large_as_memory_is_not_computed(checkpoint: Callable[..., Path]) -> None:
    folder = checkpoint("Tiny-Chat")
    (folder / "chat_template.jinja").write_text("{{ 'x' * 10 ** 12 }}{{ 'x' | center(10000000000) }}")
    assert previewed(folder).template.name == "custom"


def ziya(folder: Path) -> int:
    return write_sentencepiece(folder, added={600: "<human>", 601: "<bot>"})


def yi(folder: Path) -> int:
    return write_sentencepiece(folder, dummy_prefix=False, bos="<|startoftext|>", eos="<|endoftext|>", add_bos=False)


def index(folder: Path) -> int:
    return write_sentencepiece(folder, dummy_prefix=False, control=("reserved_0", "reserved_1"), add_bos=False)


INDEX = {"architectures": ["IndexForCausalLM"], "norm_head": 1}


@pytest.mark.parametrize(
    ("name", "write", "config", "expected"),
    [
        pytest.param("Index-1.9B-Chat", index, INDEX, "index", id="Index chat"),
        pytest.param("Index-1.9B-Character", index, INDEX, "index", id="Index character"),
        pytest.param("index_1.9b_32k", index, INDEX, "index", id="Index 32K"),
        pytest.param("Index-1.9B", index, INDEX, None, id="Index base"),
        pytest.param("Index-1.9B-Pure", index, INDEX, None, id="Index pure"),
        pytest.param("Index-1.9B-Chat", index, {}, None, id="its name on a Llama"),
        pytest.param("Ziya2-13B-Chat", ziya, {}, "ziya", id="Ziya"),
        pytest.param("Ziya2-13B-Base", ziya, {}, None, id="Ziya base"),
        pytest.param("SUS-Chat-34B", yi, {}, "sus", id="SUS"),
        pytest.param("Yi-34B", yi, {}, None, id="Yi base"),
        pytest.param("Tiny-Instruct", None, {}, "chatml", id="its tokens and its name"),
        pytest.param("Tiny", None, {}, None, id="its tokens alone"),
        pytest.param("Tiny-Instruct-Base", None, {}, None, id="a base model by its own word"),
        pytest.param("snapshot", None, {"_name_or_path": "someone/Tiny-Chat"}, "chatml", id="the name in config.json"),
        pytest.param("Itinerary-Suit", None, {}, None, id="letters inside words"),
        pytest.param("Llama-2-7b-chat-hf", ziya, {}, "ziya", id="tokens before a name"),
        pytest.param("Mistral-7B-Instruct-v0.2", write_sentencepiece, {}, "mistral", id="Mistral"),
        pytest.param("vicuna-7b-v1.5", write_sentencepiece, {}, "vicuna", id="Vicuna"),
    ],
)
def test_format_is_recognised_by_signs_and_said_to_be(
    name: str,
    write: Callable[[Path], int] | None,
    config: dict[str, Any],
    expected: str | None,
    checkpoint: Callable[..., Path],
) -> None:
    found = previewed(checkpoint(name, write, **config))
    assert found.template.name == expected
    said = [warning for warning in found.warnings if "carries no chat template" in warning]
    assert len(said) == 1
    if expected is None:
        assert "nothing shows which format" in said[0]
    else:
        assert found.template.source.startswith("recognised by ")
        assert f"{expected} was recognised by" in said[0]


def test_marks_that_are_ordinary_pieces_are_no_signs(tmp_path: Path) -> None:
    """llama.cpp cuts control and user-defined tokens out of a prompt; a piece that happens to spell one it does not."""
    rows = index(tmp_path / "Index-1.9B-Chat")
    vocabulary = read_vocabulary(Checkpoint(tmp_path / "Index-1.9B-Chat", {}, {}, {}), rows)
    plain = replace(vocabulary, kinds=tuple(Kind.NORMAL for _ in vocabulary.kinds))
    for known, found, missing in (
        (vocabulary, ("index", "the name's 'chat' and the tokens reserved_0 and reserved_1"), ()),
        (plain, None, ("reserved_0", "reserved_1")),
    ):
        assert recognise(["Index-1.9B-Chat"], ["IndexForCausalLM"], known) == found
        assert missing_tokens("index", known) == missing


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("firefly-1b4", "firefly"),
        ("firefly-2b6", "firefly"),
        ("firefly-2b6-v2", "firefly-v2"),
        ("bloom-1b4-zh", None),
    ],
)
def test_firefly_is_a_bloom_of_that_name(name: str, expected: str | None, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    tokens = write_bloom(folder)
    model = tiny_model("BloomForCausalLM", vocab_size=tokens, n_head=4, n_layer=2)
    model.save_pretrained(folder)
    assert previewed(folder).template.name == expected
