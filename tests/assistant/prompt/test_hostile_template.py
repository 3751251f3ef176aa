"""Templates of people who mean harm: each is refused within seconds, and without the memory it asks for."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import TemplateFailed
from assistant.prompt import template as module
from assistant.prompt.budget import MAX_SECONDS
from assistant.prompt.template import MAX_TEMPLATE, render_template

HELLO = [{"role": "user", "content": "x" * 1000}]
ROOM = 600 << 20


@contextmanager
def confined() -> Iterator[None]:
    """With room for 600 MiB more than there is, and some seconds of the processor."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, hard))
    started = thread_time()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert thread_time() - started < MAX_SECONDS + 2


def rendered(source: str) -> str:
    module._compile.cache_clear()
    return render_template(source, HELLO, bos="<s>", eos="</s>")


DOUBLING = "{% set ns = namespace(x=START) %}{% for i in range(60) %}{% set ns.x = STEP %}{% endfor %}{{ END }}"


def doubling(start: str, step: str, end: str = "ns.x | length") -> str:
    return DOUBLING.replace("START", start).replace("STEP", step).replace("END", end)


SHARED = "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"

BOMBS = {
    # widths out of numbers: computed at compile time by jinja2, or when rendered
    "center": "{{ 'x' | center(400000000) }}",
    "center variable": "{{ messages[0].content | center(400000000) }}",
    "center method": "{{ 'x'.center(400000000) }}",
    "ljust": "{{ 'x'.ljust(400000000) }}",
    "rjust": "{{ 'x'.rjust(400000000, 'y') }}",
    "zfill": "{{ 'x'.zfill(400000000) }}",
    "expandtabs": "{{ ('\\t' * 1000).expandtabs(4000000) }}",
    "format filter": "{{ '%400000000d' | format(1) }}",
    "percent": "{{ '%400000000d' % 1 }}",
    "percent flag": "{{ '%0400000000d' % 1 }}",
    "percent star": "{{ '%*d' % (400000000, 1) }}",
    "percent precision": "{{ '%.400000000f' % 1.5 }}",
    "percent star precision": "{{ '%.*f' % (400000000, 1.5) }}",
    "percent key": "{{ '%(a(b))400000000d' % {'a(b)': 1} }}",
    "percent often": "{{ ('%(a)s' * 50000) % {'a': 'y' * 50000} }}",
    "format method": "{{ '{:>400000000}'.format(1) }}",
    "format precision": "{{ '{:.400000000f}'.format(1.5) }}",
    "format nested": "{{ '{:{w}}'.format(1, w=400000000) }}",
    "format positions": "{{ ('{0}' * 50000).format('y' * 50000) }}",
    "format map": "{{ '{a:>400000000}'.format_map({'a': 1}) }}",
    "format by attr": "{{ ('{:>400000000}' | attr('format'))(1) }}",
    "indent": "{{ 'x\n' | indent(400000000, true) }}",
    "indent lines": "{{ ('x\n' * 100000) | indent(900, true) }}",
    "tojson": "{{ [1, [2]] | tojson(indent=1000000000) }}",
    "tojson text": "{{ [[1] * 10000] | tojson(indent='y' * 100000) }}",
    "tojson separators": "{{ ([1] * 10000) | tojson(separators=('y' * 100000, ':')) }}",
    "batch": "{{ [1] | batch(1000000000, 2) | list | length }}",
    "slice": "{{ [1] | slice(1000000000) | list | length }}",
    "wordwrap": "{{ 'a b c' | wordwrap(1, wrapstring='y' * 100000000) }}",
    "round": "{{ 1.5 | round(400000000, 'floor') }}",
    "replace": "{{ ('a' * 100000) | replace('a', 'y' * 100000) }}",
    "replace method": "{{ ('a' * 100000).replace('', 'y' * 100000) }}",
    "join": "{{ ([1] * 100000) | join('y' * 100000) }}",
    "join method": "{{ ('y' * 100000).join(['a'] * 100000) }}",
    "join a map": "{{ ('y' * 100000).join(('a' * 100000) | map('string')) }}",
    "times": "{{ 'a' * 400000000 }}",
    "times list": "{{ [1] * 400000000 }}",
    "times safe": "{{ ('a' | safe) * 400000000 }}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "to_bytes": "{{ (1).to_bytes(1000000000, 'big') }}",
    "range": "{{ range(1000000000) | list }}",
    "range sum": "{{ range(1000000000) | sum }}",
    "lipsum": "{{ lipsum(n=1000000) }}",
    "autoescape": "{% autoescape 'x' | center(400000000) %}{% endautoescape %}",
    "constant list": "{{ ['x' * 100000] * 100000 | length }}",
    "condition": "{% if 'x' | center(400000000) %}{% endif %}",
    "date": "{{ strftime_now('%400000000d' * 100000) }}",
    # growth by repetition
    "double": doubling("'ab'", "ns.x + ns.x"),
    "double tilde": doubling("'ab'", "ns.x ~ ns.x"),
    "double format": doubling("'ab'", "'%s%s' % (ns.x, ns.x)"),
    "double method": doubling("'ab'", "'{}{}'.format(ns.x, ns.x)"),
    "double join": doubling("'ab'", "[ns.x, ns.x] | join"),
    "double list": doubling("[1]", "ns.x + ns.x"),
    "double number": doubling("9", "ns.x * ns.x", "ns.x"),
    "double replace": doubling("'ab'", "ns.x | replace('a', 'aa')"),
    "double json": doubling("'\"'", "ns.x | tojson"),
    "double sum": "{{ ([[1]] * 30000) | sum(start=[]) | length }}",
    "double block": "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set x %}{{ ns.x }}{{ ns.x }}"
    "{% endset %}{% set ns.x = x %}{% endfor %}",
    "double macro": "{% macro f(x, n) %}{% if n %}{{ f(x ~ x, n - 1) }}{% else %}{{ x }}{% endif %}{% endmacro %}"
    "{{ f('ab', 60) }}",
    "block text": "{% set x %}{% for i in range(500000) %}" + "y" * 10_000 + "{% endfor %}{% endset %}{{ x | length }}",
    # lists of their own copies: doubled when written, compared or looked through
    "shared output": SHARED + "{{ ns.x }}",
    "shared json": SHARED + "{{ ns.x | tojson }}",
    "shared string": SHARED + "{{ ns.x | string | length }}",
    "shared tilde": SHARED + "{{ '' ~ ns.x }}",
    "shared percent": SHARED + "{{ '%s' % ns.x }}",
    "shared percent tuple": SHARED + "{{ '%s' % (ns.x,) }}",
    "shared format": SHARED + "{{ '{}'.format(ns.x) }}",
    "shared upper": SHARED + "{{ ns.x | upper | length }}",
    "shared namespace": SHARED + "{{ ns }}",
    "shared dict": SHARED + "{{ {'a': ns.x}.items() }}",
    "shared join": SHARED + "{{ [ns.x] | join }}",
    "shared equal": SHARED.replace("ns.", "a.").replace("ns =", "a =") + SHARED + "{{ a.x == ns.x }}",
    "shared eq": SHARED.replace("ns.", "a.").replace("ns =", "a =") + SHARED + "{{ a.x is eq ns.x }}",
    "shared in": SHARED.replace("ns.", "a.").replace("ns =", "a =") + SHARED + "{{ a.x in [ns.x] }}",
    "shared sort": SHARED.replace("ns.", "a.").replace("ns =", "a =") + SHARED + "{{ [a.x, ns.x] | sort }}",
    "shared index": SHARED.replace("ns.", "a.").replace("ns =", "a =") + SHARED + "{{ [a.x].index(ns.x) }}",
    "shared lower test": SHARED + "{{ ns.x is lower }}",
    # time
    "loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "searches": "{% set t = 'a' * 400000 %}{% for i in range(99999) %}{{ 'b' in t }}{% endfor %}",
    "compares": "{% set t = 'a' * 400000 %}"
    "{% set u = 'a' * 400000 %}{% for i in range(99999) %}{{ t == u }}{% endfor %}",
    "slices": "{% set t = 'a' * 400000 %}{% for i in range(99999) %}{% set u = t[1:] %}{% endfor %}",
    "counts": "{% set t = 'a' * 400000 %}{% for i in range(99999) %}{% set u = t.count('aa') %}{% endfor %}",
    "sorts": "{% set t = range(40000) | list %}{% for i in range(99999) %}{% set u = t | sort %}{% endfor %}",
    "maps": "{% set t = range(40000) %}{% for i in range(99999) %}{% set u = t | map('string') | list %}{% endfor %}",
    "splits": "{% set t = 'a ' * 100000 %}{% set ns = namespace(x=[]) %}{% for i in range(9999) %}"
    "{% set ns.x = [ns.x, t.split()] %}{% endfor %}",
    "lists": "{% set t = '萤' * 100000 %}{% set ns = namespace(x=[]) %}{% for i in range(9999) %}"
    "{% set ns.x = [ns.x, t | list] %}{% endfor %}",
    "macro": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "macro tree": "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "block tree": "{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}",
    "call": "{% macro f() %}{{ caller() }}{{ caller() }}{% endmacro %}" + "{% call f() %}" * 40 + "{% endcall %}" * 40,
    "striptags": "{{ ('<!--' * 100000) | striptags }}",
    # size and depth of the program itself
    "many sums": "{{ 1" + "+1" * 60_000 + " }}",
    "many filters": "{{ 1" + "|int" * 20_000 + " }}",
    "deep brackets": "{{ " + "[" * 50_000 + " }}",
    "deep ifs": "{% if 1 %}" * 8000 + "{% endif %}" * 8000,
    "deep fors": "{% for a in [1] %}" * 5000 + "{% endfor %}" * 5000,
    "deep not": "{{ " + "not " * 30_000 + "1 }}",
    "long number": "{{ " + "9" * 100_000 + " }}",
    # other files, other code
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import '/etc/passwd' as x %}",
    "from import": "{% from '/etc/passwd' import x %}",
    "extends": "{% extends '/etc/passwd' %}",
    "extends something": "{% extends messages %}",
    "class": "{{ ''.__class__.__mro__ }}",
    "globals": "{{ raise_exception.__globals__.x }}",
    "init": "{{ namespace.__init__.__globals__ }}",
    "attr": "{{ '' | attr('__class__') | attr('mro') }}",
    "format attribute": "{{ '{0.__class__.__mro__}'.format('') | attr('x') | attr('y') }}",
    "map attribute": "{{ [''] | map(attribute='__class__')"
    " | map(attribute='mro') | map('first') | list | first | length }}",
    "encode": "{{ 'x'.encode().hex() }}",
    "mutation": "{{ messages.append(1) }}",
    "inner filter": "{{ -1000000000 | _written }}{% for a in range(99999) %}{{ -99999999 | _written }}"
    "{% for b in range(99999) %}{% endfor %}{% endfor %}",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_each_is_refused_in_time_and_memory(name: str) -> None:
    with confined(), pytest.raises(TemplateFailed) as caught:
        rendered(BOMBS[name])
    assert not isinstance(caught.value.__cause__, MemoryError), "it was refused before the memory was asked for"
    assert "\n" not in str(caught.value)
    assert "/etc" not in str(caught.value) or "other files" in str(caught.value)


@pytest.mark.parametrize(
    "piece", ["{{1}}", "{{a}}", "{% set a=1 %}", "{%if a==b%}{%endif%}", "{# #}", "x\n", "{{a.b.c}}"]
)
def test_large_programs_are_compiled_in_time_or_not_at_all(piece: str) -> None:
    with confined(), suppress(TemplateFailed):
        rendered(piece * (MAX_TEMPLATE // len(piece)))


def test_templates_name_what_they_miss() -> None:
    with pytest.raises(TemplateFailed, match="it wants other files, and there are none"):
        rendered(BOMBS["include"])
    with pytest.raises(TemplateFailed, match="width beyond 1,000"):
        rendered(BOMBS["center"])
    with pytest.raises(TemplateFailed, match="steps"):
        rendered(BOMBS["shared output"])
    with pytest.raises(TemplateFailed, match="No filter named 'wordwrap'"):
        rendered(BOMBS["wordwrap"])


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ 'x' | center(5) }}|{{ 'x'.rjust(3) }}|{{ '7'.zfill(3) }}", "  x  |  x|007"),
        ("{{ '%s: %5.1f%%' % ('a', 2.25) }}|{{ 'December 2023 %s' % 'b' }}|{{ 'In 2023 %d' | format(3) }}",
         "a:   2.2%|December 2023 b|In 2023 3"),
        ("{{ '{} of {:>4} in {a[b]}'.format(1, 2, a={'b': 3}) }}", "1 of    2 in 3"),
        ("{{ 'a\nb' | indent(2, true) }}", "  a\n  b"),
        ("{{ [1, 2, 3] | batch(2) | list }}{{ [1, 2, 3] | slice(2) | list }}", "[[1, 2], [3]][[1, 2], [3]]"),
        ("{{ [3, 1] | sort | join(', ') }} {{ [{'a': 1}, {'a': 2}] | map(attribute='a') | sum }}", "1, 3 3"),
        ("{{ messages | map(attribute='role') | join('-') }}{{ messages | selectattr('role', 'equalto', 'user') | list"
         " | length }}", "user1"),
        ("{{ 'a' ~ 1 ~ none }}{{ 'a-b'.split('-')[1:] }}{{ 1.25 | round(1) }}{{ '7' | int + 1 }}", "a1None['b']1.28"),
        ("{{ {'b': 1, 'a': 2} | dictsort }}{{ {'b': 1}.items() | list }}", "[('a', 2), ('b', 1)][('b', 1)]"),
        ("{{ 'a' in 'cat' }}{{ 'x' if 1 < 2 <= 2 else 'y' }}{{ [1, 2] == [1, 2] }}", "TruexTrue"),
        ("{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f('a') }}{% set b %}{{ f(1) }}{% endset %}{{ b }}", "<a><1>"),
        ("{{ messages[0].content | length }}{{ 'a,b' | replace(',', ';') }}{{ ' a ' | trim }}", "1000a;ba"),
        ("{% for a in 'ab' | list %}{{ loop.cycle('x', 'y') }}{{ loop.last }}{% endfor %}", "xFalseyTrue"),
        ("{{ {'a': 1}.get('b', 'c') }}{{ nothing | default('d') }}{{ nothing is defined }}", "cdFalse"),
    ],
)  # fmt: skip
def test_what_templates_do_still_works(source: str, text: str) -> None:
    assert rendered(source) == text


NUMBERS = st.sampled_from(["0", "1", "7", "300", "99999", "400000000", "10 ** 18", "-1", "1.5", "n"])
TEXTS = st.sampled_from(["'x'", "'a b\\n'", "ns.t", "ns.t", "messages[0].content", "'%s'", "'{}'", "'%9d'"])


def expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def form(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda found: pattern.format(*(f"({part})" for part in found)))

    filters = st.sampled_from(
        [
            "upper",
            "list",
            "tojson",
            "string",
            "sort",
            "unique",
            "map('string')",
            "join",
            "length",
            "e",
            "reverse",
            "sum",
        ]
    )
    return st.one_of(
        form("{} + {}", inner, inner),
        form("{} * {}", inner, inner | NUMBERS),
        form("{} ~ {}", inner, inner),
        form("{} % {}", inner, inner | NUMBERS),
        form("[{}, {}]", inner, inner),
        form("{} == {}", inner, inner),
        form("{}[{}:]", inner, NUMBERS),
        form("{} | center({})", inner, NUMBERS),
        form("{} | indent({})", inner, NUMBERS),
        form("{} | batch({}) | list", inner, NUMBERS),
        form("{}.ljust({})", inner, NUMBERS),
        form("{}.format({})", inner, inner),
        form("{} | replace({}, {})", inner, inner, inner),
        form("{}.join({})", inner, inner),
        form("range({}) | list", NUMBERS),
        st.tuples(inner, filters).map(lambda found: f"({found[0]}) | {found[1]}"),
    )


EXPRESSIONS = st.recursive(TEXTS | NUMBERS, expressions, max_leaves=8)


@given(st.lists(EXPRESSIONS, min_size=1, max_size=3), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_programs_of_such_pieces_end_in_time_and_memory(steps: list[str], depth: int) -> None:
    loops = "".join(f"{{% for i{level} in range(40) %}}" for level in range(depth))
    body = "".join(f"{{% set ns.t = {step} %}}" for step in steps)
    source = "{% set n = 3 %}{% set ns = namespace(t='ab') %}" + loops + body + "{% endfor %}" * depth + "{{ ns.t }}"
    with confined():
        try:
            rendered(source)
        except TemplateFailed as error:
            assert not isinstance(error.__cause__, MemoryError), "the memory was asked for"  # noqa: PT017  it may pass
