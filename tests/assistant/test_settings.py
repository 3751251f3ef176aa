"""`settings.toml`: what is read from it, and how each mistake is named."""

import pytest

from assistant.errors import InvalidSetting
from assistant.paths import folder
from assistant.settings import ScreenSettings, Settings, default_model, read_settings


def written(text: str | bytes) -> None:
    (folder("config") / "settings.toml").write_bytes(text if isinstance(text, bytes) else text.encode())


def test_without_a_file_nothing_is_set() -> None:
    assert read_settings() == Settings()
    assert default_model() is None


EXAMPLE = """
default_model = "smollm2"

[sampling]
repeat_penalty = 1.05
stop = ["END"]
[sampling."qwen*"]
temperature = 0.6
[sampling."Qwen2.5-0.5b-?"]
temperature = 0.1
logit_bias = [["cat", -100], [5, 1.5]]

[summary]
max_tokens = 600
"""


def test_what_holds_for_a_model() -> None:
    written(EXAMPLE)
    settings = read_settings()
    assert default_model() == settings.default_model == "smollm2"
    always = {"repeat_penalty": 1.05, "stop": ["END"]}
    assert settings.sampling.for_model("smollm2", None) == always
    assert settings.sampling.for_model("QWEN-7B") == {**always, "temperature": 0.6}
    assert settings.sampling.for_model("file", "qwen-7b") == {**always, "temperature": 0.6}, (
        "by the name in the file too"
    )
    later = settings.sampling.for_model("qwen2.5-0.5b-x")
    assert later == {**always, "temperature": 0.1, "logit_bias": [["cat", -100], [5, 1.5]]}
    assert settings.summary.for_model("anything") == {"max_tokens": 600}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("default_model = \n", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        ("x = " + "[" * 5000, "cannot be read"),
        (b"#" * (1 << 21), "more than 1,048,576 bytes"),
        ("default_model = 3", "default_model is '3'"),
        ("defualt_model = 'x'", "has 'defualt_model', which nobody knows; default_model,"),
        ("sampling = 3", r"sampling is '3' in .*; a table \[sampling\]"),
        ("[sampling]\ntemprature = 1", r"has 'temprature in \[sampling\]', which nobody knows; temperature, top_k"),
        ("[sampling.'a*']\nx = 1", r"has 'x in \[sampling.\"a\*\"\]'"),
        ("[sampling]\ntemperature = 'hot'", r"\[sampling\]: temperature is 'hot'; a number from 0 to 5"),
        ("[sampling]\ntemperature = nan", "temperature is nan"),
        ("[sampling]\ntop_p = inf", "top_p is inf"),
        ("[sampling]\ntop_k = 1.5", "top_k is 1.5; a whole number"),
        ("[sampling]\nseed = -1", "seed is -1"),
        ("[sampling]\nmax_tokens = true", "max_tokens is True"),
        ("[sampling]\nstop = 'x'", "stop is 'x'; a list of texts"),
        ("[sampling]\nlogit_bias = [['a', 500]]", "logit_bias is"),
        ("cache = 8", r"cache is '8' in .*; a table \[cache\]"),
        ("[cache]\nsize = 1", r"has 'size in \[cache\]', which nobody knows; readings_gib"),
        ("[cache]\nreadings_gib = -1", "readings_gib is '-1'"),
        ("[cache]\nreadings_gib = nan", "readings_gib is 'nan'"),
        ("[cache]\nreadings_gib = true", "readings_gib is 'True'"),
        ("screen = 8", r"screen is '8' in .*; a table \[screen\]"),
        ("[screen]\ncolour = 1", r"has 'colour in \[screen\]', which nobody knows; theme, language, submit_key, keys"),
        ("[screen]\ntheme = ''", "theme is '' in .*; the name of a theme"),
        ("[screen]\nlanguage = 'fr'", "language is 'fr' in .*; auto, en, zh were expected"),
        ("[screen]\nsubmit_key = 3", "submit_key is '3' in .*; enter, ctrl.enter, alt.enter were expected"),
        ("[screen]\nkeys = 'x'", r"keys is 'x' in .*; a table \[screen.keys\]"),
        ("[screen.keys]\n'chat.stop' = 1", r"chat.stop is '1' in .*, \[screen.keys\]; a key such as 'ctrl\+r'"),
        ("[summary.x]\nloop_guard = 1", r"\[summary.\"x\"\]: loop_guard is 1; true or false"),
    ],
)
def test_mistakes_name_the_file_and_the_key(text: str | bytes, words: str) -> None:
    written(text)
    with pytest.raises(InvalidSetting, match=words) as caught:
        read_settings()
    assert "settings.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_model_for_vectors() -> None:
    written('[ask]\nembedding_model = "bge-small"\n')
    assert read_settings().embedding_model == "bge-small"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ask = 5", r"ask is '5' in .*; a table \[ask\] was expected"),
        ("[ask]\nembedding_model = 5", r"embedding_model is '5' in .*, \[ask\]; the name of a model was expected"),
        ("[ask]\nembedding_model = ''", "the name of a model was expected"),
        ("[ask]\nmodel = 'x'", r"'model in \[ask\]', which nobody knows; embedding_model were expected"),
    ],
)
def test_wrong_words_about_questions(text: str, said: str) -> None:
    written(text)
    with pytest.raises(InvalidSetting, match=said):
        read_settings()


def test_the_screen() -> None:
    written('[screen]\ntheme = "nord"\nlanguage = "zh"\nsubmit_key = "alt+enter"\n[screen.keys]\n"chat.stop" = "f9"\n')
    assert read_settings().screen == ScreenSettings("nord", "zh", "alt+enter", {"chat.stop": "f9"})
