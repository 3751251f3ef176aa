"""`luciole ask`: a question about a document, answered from it; or a conversation about it, line by line."""

import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.commands.options import engine_options, settings
from assistant.commands.sampling_options import sampling_options
from assistant.engine import KvTypes
from assistant.summary.values import SUMMARY_SAMPLING

if TYPE_CHECKING:
    from assistant.conversation.conversation import Said
    from assistant.conversation.tree import Tree
    from assistant.conversation.turns import Heading
    from assistant.conversation.window import WhenFull
    from assistant.documents.document import Document
    from assistant.questions.ask import Questions

EPILOG = """\b
Examples:
  luciole ask report.pdf "Who signed the contract?"
  luciole ask report.pdf --continue "And when?"
  luciole ask minutes/ "Which decisions were put off?" --json
  luciole ask report.pdf                         (a conversation)
"""

_STANDARD_INPUT = "standard input"


@click.command(epilog=EPILOG)
@click.argument("arguments", metavar="DOC... [QUESTION]", nargs=-1, required=True)
@engine_options
@click.option("--encoding", metavar="NAME", help="Of the documents, as gb18030; default: found from their bytes.")
@click.option("--continue", "continued", is_flag=True, help="Go on with the last conversation about this document.")
@click.option("--no-history", is_flag=True, help="Keep nothing of this conversation.")
@click.option(
    "--when-full",
    type=click.Choice(["stop", "drop", "summarize"]),
    help="When document and conversation fill the context: stop and say so, or drop or summarize the oldest turns; "
    "default: the settings, where they say more than stop, else drop.",
)
@sampling_options(SUMMARY_SAMPLING)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ask(
    arguments: tuple[str, ...],
    model: str | None,
    context: int | None,
    kv: KvTypes | None,
    gpu_layers: int | None,
    threads: int | None,
    encoding: str | None,
    continued: bool,
    no_history: bool,
    when_full: "WhenFull | None",
    chosen: dict[str, object],
    as_json: bool,
) -> None:
    """Answer a QUESTION about the document DOC, from it alone.

    The answer comes from the document alone, which is read whole where it fits the model's context and searched for the
    passages that fit the question where it does not. Figures, quotations and names that it does not have are marked [?]
    in the answer. DOC is a file of any kind that luciole summarize takes, a folder, or - for standard input; several
    are one document. Without QUESTION, on a terminal, a conversation begins. Conversations are kept as they happen;
    luciole history shows them.
    """
    from assistant.commands.keeping import written
    from assistant.console import note
    from assistant.conversation.conversation import Conversation
    from assistant.conversation.keeper import Keeper
    from assistant.documents.read import read_documents
    from assistant.models import open_engine
    from assistant.questions.ask import Questions
    from assistant.sampling_defaults import model_summary_sampling
    from assistant.settings import read_settings

    if no_history and continued:
        raise click.UsageError("--no-history keeps nothing; leave it out, or --continue")
    documents, question = _parted(arguments)
    if documents.count("-") > 1:
        raise click.UsageError("- is given twice; standard input can be read once")
    if question is None and as_json:
        raise click.UsageError("--json prints one answer; give a QUESTION behind DOC")
    sampling, chosen_settings = model_summary_sampling(model, **chosen), read_settings()
    document = read_documents(documents, encoding=encoding)
    if document.encoding not in {"utf-8", "utf-8-sig", "ascii", ""}:
        how = " (a guess from its bytes; --encoding overrules it)" if document.guessed else ""
        note(f"{document.name} is in {document.encoding}{how}")
    path = _path_of(documents)
    saved = _last(path, document) if continued else None
    keeper = None if no_history else Keeper()
    if when_full is None:
        when_full = "drop" if chosen_settings.when_full == "stop" else chosen_settings.when_full
    embedding = chosen_settings.embedding_model
    with (
        closing(open_engine(model, settings(context, gpu_layers, threads, kv))) as engine,
        written(keeper),
    ):
        conversation = Conversation(engine, sampling, None, when_full=when_full, keeper=keeper, saved=saved)
        questions = Questions(
            document,
            conversation,
            path=path,
            embedding=None if embedding is None else lambda: open_engine(embedding, settings(None, None, threads)),
        )
        if question is None:
            _hold(questions)
        else:
            _answer(questions, question, as_json=as_json)


def _parted(arguments: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """The documents, and the question; None: a conversation on the terminal."""
    if len(arguments) > 1:
        *documents, question = arguments
        if not question.strip():
            raise click.UsageError("the QUESTION is empty; write it behind DOC")
        if _is_there(question):
            raise click.UsageError(f"QUESTION is missing: {question} is a file; write the question behind it")
        return tuple(documents), question
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if not terminal or arguments == ("-",):
        raise click.UsageError("QUESTION is missing; write it behind DOC, or use a terminal for a conversation")
    return arguments, None


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # a question longer than any name, or with a NUL
        return False


def _path_of(documents: tuple[str, ...]) -> str:
    """What names the document among kept conversations, wherever the command is given."""
    return "\n".join(_STANDARD_INPUT if name == "-" else str(Path(name).resolve()) for name in documents)


def _last(path: str, document: "Document") -> "tuple[Heading, Tree] | None":
    """The last conversation about this document; about the same text, where it came from standard input."""
    from assistant.console import note
    from assistant.conversation.store import Store
    from assistant.questions.ask import content_of

    content = content_of(document)
    with Store() as store:
        if store.notice:
            note(store.notice)
        found = store.about(path, content if _STANDARD_INPUT in path.split("\n") else "")
        if found is None:
            note(f"no conversation about {document.name} is kept yet; a new one begins")
            return None
        heading, tree = store.load(found)
    if heading.content != content:
        note(f"{document.name} has changed since that conversation; the new text is read")
    return heading, tree


def _answer(questions: "Questions", question: str, *, as_json: bool) -> None:
    from assistant.commands import ask_output
    from assistant.console import narrate
    from assistant.questions.report import as_json as answer_json
    from assistant.sanitize import printable_json

    telling = ask_output.Telling(questions, quiet=as_json)
    try:
        with closing(narrate(questions.ask(question))) as events:
            for event in events:
                telling.see(event)
    finally:
        telling.end()
    if telling.answer is None:
        raise AssertionError("a question ends with its answer")
    if as_json:
        click.echo(printable_json(answer_json(telling.answer, questions.document)))
    for line in ask_output.report(telling.answer):
        click.echo(line, err=True)


def _hold(questions: "Questions") -> None:
    from assistant.commands import ask_output
    from assistant.commands.dialogue import hold
    from assistant.console import narrate
    from assistant.events import Finished

    def tell(said: "Generator[Said, None, None]") -> object:
        """An answer as it is written, marked, and below it what is to be known of it."""
        telling, finished = ask_output.Telling(questions), None
        try:
            with closing(narrate(questions.answer(said))) as events:
                for event in events:
                    telling.see(event)
                    finished = event if isinstance(event, Finished) else finished
        finally:
            telling.end()
        if telling.answer is not None:
            for line in ask_output.report(telling.answer, brief=True):
                click.echo(line, err=True)
        return finished

    for _ in narrate(questions.conversation.engine.load()):
        pass
    for _ in questions.open():
        pass
    hold(questions.conversation, tell)
