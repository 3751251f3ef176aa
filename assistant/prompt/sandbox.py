"""jinja2's sandbox with a price on everything, so that no template runs long or grows large, whoever wrote it.

jinja2's own sandbox keeps templates from files and from Python's insides; but it computes constants when it compiles,
and lets `center(10**9)` or a list of its own copies fill the memory. Here nothing is computed before it is rendered,
and everything is paid for from the budget of the rendering.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import BlockReference, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from assistant.prompt.budget import counted, size, take, take_characters, weigh
from assistant.prompt.prices import filters, pay_call, pay_operator, tests

MAX_NODES = 1 << 14
"""Of the parsed template. The largest that models carry have some thousands."""
_LONGEST_DATE = 200


class Sandbox(ImmutableSandboxedEnvironment):
    """What transformers gives a template, and nothing else: `raise_exception`, `strftime_now`, `tojson`, `{% break %}`
    and `{% generation %}`, beside the filters, tests and methods of `assistant.prompt.prices`."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.loopcontrols", _Generation],
            autoescape=False,
            optimized=False,
            finalize=_weighed,
        )
        self.code_generator_class = _Generator
        self.filters.clear()
        self.filters.update(filters(), **_INNER)
        self.tests.clear()
        self.tests.update(tests())
        self.globals = {
            "dict": dict,
            "namespace": Namespace,
            "raise_exception": _refuse,
            "range": _range,
            "strftime_now": _now,
        }
        self._functions = frozenset(self.globals.values())

    def template(self, text: str) -> jinja2.Template:
        """Compiled, nothing of it computed. Raises jinja2.TemplateError, RecursionError and what compilers raise."""
        tree = self.parse(text)
        if sum(1 for _ in tree.find_all(nodes.Node)) > MAX_NODES:
            raise jinja2.TemplateAssertionError(f"it has more than {MAX_NODES:,} parts", 1)
        _Pricing().visit(tree)
        return jinja2.Template.from_code(self, self.compile(tree), self.make_globals(None))

    def call(self, context: jinja2.runtime.Context, function: Any, /, *values: Any, **named: Any) -> Any:
        take()
        inner = getattr(function, "__wrapped__", function)  # `format`, in the sandbox's own coat
        known = isinstance(inner, Macro | BlockReference | Undefined) or isinstance(
            getattr(inner, "__self__", None), LoopContext
        )
        if not known and not (getattr(inner, "__hash__", None) and inner in self._functions):
            values = pay_call(getattr(inner, "__self__", None), getattr(inner, "__name__", "a value"), values, named)
        return super().call(context, function, *values, **named)

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        take()
        pay_operator(operator, left, right)
        return super().call_binop(context, operator, left, right)


class _Generator(CodeGenerator):
    """Computes nothing: jinja2 would work out `{{ 'x' | center(10 ** 9) }}` before anything is rendered."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class _Pricing(NodeTransformer):
    """Puts the price into the template: on loops, on comparisons and slices, on `~` and on the template's own text."""

    def visit(self, node: nodes.Node, *_: Any, **__: Any) -> Any:
        self.generic_visit(node)
        match node:
            case nodes.For(iter=nodes.Expr() as items):
                if node.recursive:
                    raise jinja2.TemplateAssertionError("it loops recursively, and nobody counts that", node.lineno)
                node.iter = _filter(items, "_counted")
            case nodes.Compare():
                node.expr = _filter(node.expr, "_weighed")
                for operand in node.ops:
                    operand.expr = _filter(operand.expr, "_weighed")
            case nodes.Concat():
                return _filter(nodes.List(node.nodes, lineno=node.lineno), "_joined")
            case nodes.Getitem(arg=nodes.Slice()):
                node.node = _filter(node.node, "_sized")
            case nodes.Output():
                count = sum(len(part.data) for part in node.nodes if isinstance(part, nodes.TemplateData))
                if count:
                    node.nodes.insert(0, _filter(nodes.Const(count, lineno=node.lineno), "_written"))
            case nodes.Extends() | nodes.Include() | nodes.Import() | nodes.FromImport():
                raise jinja2.TemplateAssertionError("it wants other files, and there are none", node.lineno)
            case nodes.EvalContextModifier():
                raise jinja2.TemplateAssertionError("it changes how texts are written", node.lineno)
        return node


class _Generation(Extension):
    """`{% generation %}` marks what transformers trains on; for a prompt it is the text inside."""

    tags = {"generation"}  # noqa: RUF012  jinja2 declares it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _filter(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _weighed(value: Any) -> Any:
    """A value about to be compared or written."""
    if isinstance(value, str):
        take_characters(len(value))
    else:
        weigh(value)
    return value


def _sized(value: Any) -> Any:
    take_characters(size(value))
    return value


def _joined(parts: list[Any]) -> str:
    take_characters(weigh(parts))
    return "".join(map(str, parts))


def _written(count: int) -> str:
    take_characters(count)
    return ""


_INNER: dict[str, Callable[..., Any]] = {
    "_counted": counted,
    "_joined": _joined,
    "_sized": _sized,
    "_weighed": _weighed,
    "_written": _written,
}


def _range(*bounds: int) -> range:
    """Paid for when it is made: filters go through it without a loop."""
    numbers = range(*bounds)
    take(len(numbers))
    return numbers


def _refuse(message: str) -> NoReturn:
    """What templates call to reject messages."""
    raise jinja2.TemplateError(str(message)[:1000])


def _now(form: str) -> str:
    if len(form) > _LONGEST_DATE:
        raise jinja2.TemplateRuntimeError("it asks for an endless date")
    return datetime.now().astimezone().strftime(form)
