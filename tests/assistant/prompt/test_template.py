"""Chat templates: what they get, and how far they come before they are refused."""

from time import perf_counter

import pytest

from assistant.errors import TemplateFailed
from assistant.prompt import template
from assistant.prompt.template import render_template

HELLO = [{"role": "user", "content": "x"}]


def rendered(source: str) -> str:
    return render_template(source, HELLO, bos="<s>", eos="</s>")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for m in messages * 2 %}{% if loop.index0 > 0 %}{% break %}{% endif %}{{ m.content }}{% endfor %}", "x"),
        ("{% for a in range(3) if a != 1 %}{{ a }}{{ loop.last }}{{ loop.length }} {% endfor %}", "0False2 2True2 "),
        ("{% for a in [] %}{% else %}none{% endfor %}{% for k in {'a': 1} %}{{ k }}{% endfor %}", "nonea"),
        ("{{ strftime_now('%Y') | length }}", "4"),
        ("{{ {'b': 'é<', 'a': 1} | tojson(sort_keys=true, separators=(',', ':')) }}", '{"a":1,"b":"é<"}'),
        ("{{ messages | tojson(indent=1) }}", '[\n {\n  "role": "user",\n  "content": "x"\n }\n]'),
        ("a{% generation %}{{ messages[0].content }}{% endgeneration %}b", "axb"),
        ("{{ 'ab' * 3 }}{{ 2 * 3 }}{{ 2 ** 10 }}{{ [1] * 2 }}", "ababab61024[1, 1]"),
        ("{{ bos_token }}{{ eos_token }}{{ tools }}{{ documents }}{{ add_generation_prompt }}", "<s></s>NoneNoneTrue"),
    ],
)
def test_templates_have_what_transformers_gives_them(source: str, text: str) -> None:
    assert rendered(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set r = range(99999) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{{ range(99999) | sum }}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        "{% for a in [[1, 1], [1, 1]] recursive %}{{ loop([a, a]) }}{% endfor %}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ 10 ** 9 * 'a' }}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ 9 ** 64 ** 64 ** 64 ** 64 }}",
        "{% for a in range(20000) %}{{ 'a' * 100 }}{% endfor %}",
    ],
)
def test_no_template_runs_for_ever(source: str) -> None:
    started = perf_counter()
    with pytest.raises(TemplateFailed):
        rendered(source)
    assert perf_counter() - started < 10.0


def test_a_spent_budget_is_not_the_next_ones() -> None:
    for _ in range(3):
        assert rendered("{% for a in range(90000) %}{% endfor %}done") == "done"
    with pytest.raises(TemplateFailed, match="steps"):
        rendered("{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}")
    assert rendered("done") == "done"


def test_a_long_conversation_is_within_the_budget() -> None:
    messages = [{"role": "user", "content": "word " * 1000}] * 2000
    source = "{% for m in messages %}{% for n in messages[:20] %}{% endfor %}{{ m.content | trim }}{% endfor %}"
    assert len(render_template(source, messages, bos="", eos="")) == 2000 * 4999


def test_compiled_once() -> None:
    template._compile.cache_clear()
    for _ in range(3):
        rendered("{{ messages[0].content }}")
    assert template._compile.cache_info().misses == 1
