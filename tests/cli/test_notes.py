"""What the user must not miss, on stderr: a plan that costs exactness, an answer that did not end by itself."""

from assistant.events import Finished, Settled, Text, Usage
from assistant.fake import FakeEngine
from tests.cli.conftest import Luciole, Opens

REASON = "8K with K and V in q8_0 needs 1.0 GiB, 1.2 GiB are free; f16/f16 would need 1.4 GiB"
DONE = Finished("stop", Usage())


def settled(kv: str, *, stepped_down: bool = False) -> FakeEngine:
    return FakeEngine([[Settled(8192, kv, 0, 1 << 30, REASON, stepped_down), Text("Hi."), DONE]])


def test_a_plan_that_costs_exactness_is_told(luciole: Luciole, opens: Opens) -> None:
    opens(settled("q8_0/q8_0"))
    shown = luciole("chat", "question")
    assert (shown.code, shown.out) == (0, "Hi.\n")
    assert f"note: {REASON}\n" in shown.err
    opens(settled("f16/f16", stepped_down=True))
    assert f"note: {REASON}\n" in luciole("chat", "question").err


def test_the_usual_plan_is_not(luciole: Luciole, opens: Opens) -> None:
    opens(settled("f16/f16"))
    assert luciole("chat", "question").err == ""


def test_an_endless_answer_is_told(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine([[Text("and and and"), Finished("repetition", Usage())]]))
    assert "it repeated itself without end" in luciole("chat", "question").err


def test_an_endless_summary_is_told(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine([[Text("and and and"), Finished("repetition", Usage())]]))
    shown = luciole("summarize", "-", stdin=b"A long document about lamps.")
    assert "warning: the summary was stopped: it repeated itself without end" in shown.err
