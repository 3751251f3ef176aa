"""A document in one reading: from its first token to its last, then what is asked of it."""

from collections.abc import Generator

from assistant.errors import PromptTooLong
from assistant.sanitize import one_line
from assistant.summary import wording
from assistant.summary.task import Outcome, Record, Task, Told, write


def whole_tokens(task: Task, longest: int) -> int:
    """Tokens of the prompt for one reading, asked for firmly or not; where it is beyond `longest`, about so many."""
    text = task.document.text if task.tokens <= longest else ""
    counted = max(task.prompt_tokens(_prompt(task, text, firm)) for firm in (False, True))
    return counted if text else task.tokens + counted


def read_whole(task: Task, record: Record) -> Generator[Told, None, Outcome | None]:
    """Read and summarize it; None: it was interrupted. Raises what `Engine.stream` raises."""
    written = yield from write(task, record, lambda firm: _prompt(task, task.document.text, firm))
    if written is None:
        return None
    # The prompt holds the document and more; should an engine ever report a shorter prompt, it did not read it all.
    return Outcome(written, min(task.tokens, written.prompt_tokens))


def too_long(task: Task, prompt: int, longest: int) -> PromptTooLong:
    """The refusal of a document whose prompt is too long for one reading."""
    room = max(longest - max(prompt - task.tokens, 0), 0)
    return PromptTooLong(
        f"{one_line(task.document.name)} has {task.tokens:,} tokens; {room:,} fit in one reading (context or memory, "
        "less instruction and answer); read it with --strategy parts, raise --context, or use a model with a longer "
        "context",
        tokens=task.tokens,
        limit=room,
    )


def _prompt(task: Task, text: str, firm: bool) -> str:
    return wording.whole(text, task.request, task.language, family=task.family, firm=firm)
