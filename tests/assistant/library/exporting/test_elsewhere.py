"""Command lines of llama.cpp, and what LM Studio needs: words that arrive as they were meant."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import OutputFailed
from assistant.library.exporting.command_lines import command_lines
from assistant.library.exporting.lm_studio import lm_studio
from assistant.messages import Sampling
from tests.assistant.library.exporting.making import running
from tests.assistant.library.exporting.templates import REGULAR

ODD = '/a b/it\'s $HOME `x` "q" \\ 模型.gguf'


def test_both_lines_say_the_same() -> None:
    made = command_lines(running())
    assert made.chat == (
        "llama-cli", "-m", "/models/tiny.gguf", "-c", "4096", "-ctk", "f16", "-ctv", "f16", "-fa", "off", "-ngl", "0",
        "--jinja", "--temp", "0.3", "--top-k", "40", "--top-p", "0.9", "--min-p", "0.05", "--repeat-penalty", "1",
        "--repeat-last-n", "256",
    )  # fmt: skip
    assert made.server == ("llama-server", *made.chat[1:], "-np", "1")
    assert made.notes == ()
    assert made.text == f"{shlex.join(made.chat)}\n{shlex.join(made.server)}\n"


def test_all_that_was_chosen_is_said() -> None:
    sampling = Sampling(
        temperature=0, presence_penalty=0.5, frequency_penalty=-0.25, dry_multiplier=0.8, seed=7, max_tokens=300,
        stop=("### Human:", "a\\n\nb"), logit_bias=((5, -100.0), ("word", 1.0)),
    )  # fmt: skip
    plain = running(sampling=sampling)
    setting = replace(plain.setting, context=8192, k="q8_0", flash=True, gpu_layers=20)
    made = command_lines(replace(plain, setting=setting), template_file=Path("/t/my chat.jinja"))
    words = " ".join(made.chat)
    assert "-c 8192 -ctk q8_0 -ctv f16 -fa on -ngl 20 --jinja --chat-template-file /t/my chat.jinja" in words
    assert (
        "--presence-penalty 0.5 --frequency-penalty -0.25 --dry-multiplier 0.8 --logit-bias 5-100 -n 300 -s 7" in words
    )
    assert made.chat[-4:] == ("-r", "### Human:", "-r", "a\\\\n\nb"), "llama.cpp reads escapes in it"
    assert "biases" in " ".join(made.notes)
    assert "penalties" in " ".join(made.notes)


def test_odd_paths_come_through_a_shell() -> None:
    made = command_lines(running(ODD, sampling=Sampling(stop=("it's\n#no comment",))))
    chat, server = shlex.split(made.text.split("llama-server")[0]), shlex.split(made.text)
    assert chat == list(made.chat)
    assert server == [*made.chat, *made.server]
    with pytest.raises(OutputFailed, match="rename"):
        command_lines(running("/a/\u202egnp.gguf"))


@pytest.mark.parametrize("name", ["chatml", "llama3"])
@pytest.mark.parametrize("adds_bos", [False, True])
def test_the_begin_token_is_put_right(name: str, adds_bos: bool) -> None:
    plain = running(template=REGULAR[name])
    made = command_lines(replace(plain, vocabulary=replace(plain.vocabulary, adds_bos=adds_bos)))
    wrong = adds_bos and name == "chatml"
    assert ("tokenizer.ggml.add_bos_token=bool:false" in made.chat) == wrong
    assert any("begin token" in note for note in made.notes) == wrong


def test_an_end_token_behind_prompts_is_put_right() -> None:
    plain = running()
    made = command_lines(replace(plain, vocabulary=replace(plain.vocabulary, adds_bos=True, adds_eos=True)))
    keys = "tokenizer.ggml.add_bos_token=bool:false,tokenizer.ggml.add_eos_token=bool:false"
    assert made.chat[made.chat.index("--override-kv") + 1] == keys


def test_a_file_without_a_template_is_told() -> None:
    assert "no chat template" in command_lines(running(template=None)).notes[0]
    assert any("no chat template" in note for note in lm_studio(running(template=None)).notes)


def test_lm_studio() -> None:
    plain = running(publisher="infra-ai/ocelot-v1", sampling=Sampling(stop=("### Human:",), repeat_penalty=1.1))
    made = lm_studio(replace(plain, setting=replace(plain.setting, k="q8_0", flash=True, gpu_layers=10)))
    assert made.folder == "infra-ai/ocelot-v1"
    assert made.commands == (
        ("lms", "import", "--user-repo", "infra-ai/ocelot-v1", "--hard-link", "/models/tiny.gguf"),
        ("lms", "load", "infra-ai/ocelot-v1", "--context-length", "4096", "--gpu", "0.32"),
    )
    assert dict(made.settings) == {
        "Context Length": "4096", "GPU Offload": "10", "Flash Attention": "on", "K Cache Quantization Type": "q8_0",
        "V Cache Quantization Type": "off", "Temperature": "0.3", "Top K Sampling": "40", "Top P Sampling": "0.9",
        "Min P Sampling": "0.05", "Repeat Penalty": "1.1", "Stop Strings": "'### Human:'",
        "Prompt Template": "the file's own",
    }  # fmt: skip
    assert "~/.lmstudio/models/infra-ai/ocelot-v1/" in made.text


def test_lm_studio_takes_a_model_in_parts_part_by_part() -> None:
    parts = ("/m/big-00001-of-00002.gguf", "/m/big-00002-of-00002.gguf")
    made = lm_studio(running(*parts, name="big", layers=4))
    assert [command[-1] for command in made.commands[:2]] == list(parts)
    assert made.folder == "luciole/big"


@pytest.mark.parametrize(("layers", "share"), [(0, "off"), (31, "max"), (99, "max"), (1, "0.03")])
def test_lm_studios_share_of_layers(layers: int, share: str) -> None:
    plain = running()
    made = lm_studio(replace(plain, setting=replace(plain.setting, gpu_layers=layers)))
    assert made.commands[-1][-1] == share


def test_names_of_folders_are_such_as_lm_studio_takes() -> None:
    made = lm_studio(running(publisher="../evil:name", name="a\u202eb/..", sampling=Sampling()))
    publisher, repository = made.folder.split("/")
    assert publisher.strip(".")
    assert repository.strip(".")
    assert "\u202e" not in made.text
