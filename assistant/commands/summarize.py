"""`luciole summarize`: documents in, their summary out, and on stderr what is wrong with it and how much was read."""

from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from assistant.commands.options import engine_options, settings
from assistant.commands.sampling_options import sampling_options
from assistant.commands.summary_options import summary_options
from assistant.engine import KvTypes
from assistant.summary.values import SUMMARY_SAMPLING, Request

EPILOG = """\b
Examples:
  luciole summarize report.pdf
  luciole summarize contract.docx --style bullets --focus "deadlines and penalties" --sources
  luciole summarize minutes/ --length "120 words" --language fr -o minutes.md
  luciole summarize draft.md --watch --changes
"""


@click.command(epilog=EPILOG)
@click.argument("documents", metavar="DOC...", nargs=-1, required=True)
@summary_options
@click.option("--watch", "watched", is_flag=True, help="Again whenever a document changes, until Ctrl-C.")
@click.option("--changes", is_flag=True, help="With --watch: what changed in the summary, below it.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE, not to stdout.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option("--sources", is_flag=True, help="Below the text: the lines it rests on, and where each figure stands.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; with --watch one a line.")
@click.option("--encoding", metavar="NAME", help="Of the documents, as gb18030; default: found from their bytes.")
@engine_options
@sampling_options(SUMMARY_SAMPLING)
def summarize(
    documents: tuple[str, ...],
    model: str | None,
    context: int | None,
    kv: KvTypes | None,
    gpu_layers: int | None,
    threads: int | None,
    encoding: str | None,
    chosen: dict[str, object],
    request: Request,
    watched: bool,
    changes: bool,
    output: Path | None,
    force: bool,
    sources: bool,
    as_json: bool,
) -> None:
    """Summarize documents DOC of any length and kind.

    DOC is a text, Markdown, PDF, Word, HTML, EPUB, RTF, e-mail, subtitle or CSV file, a folder of them, or - for
    standard input; several are read as one document. What does not fit the model's context in one reading is read in
    parts. Figures, quotations and names that the document does not have are marked [?] in the text.
    """
    from assistant.commands.summary_telling import Output, Telling, expect_writable
    from assistant.commands.watching import expect_watchable, watch
    from assistant.console import narrate, note
    from assistant.documents.read import files_of, read_documents
    from assistant.models import open_engine
    from assistant.sampling_defaults import model_summary_sampling
    from assistant.summary.kept import KeptPieces
    from assistant.summary.summarize import summarize as run

    if documents.count("-") > 1:
        raise click.UsageError("- is given twice; standard input can be read once")
    expect_watchable(documents, watched=watched, changes=changes)
    if output is not None:
        expect_writable(output, documents, lambda: files_of(_on_disk(documents)), force=force, watched=watched)
    sampling = model_summary_sampling(model, **chosen)
    if "max_tokens" in chosen:
        request = replace(request, max_tokens=sampling.max_tokens)
    told = Output(request, output, as_json, sources)
    document = read_documents(documents, encoding=encoding)
    if document.encoding not in {"utf-8", "utf-8-sig", "ascii", ""}:
        how = " (a guess from its bytes; --encoding overrules it)" if document.guessed else ""
        note(f"{document.name} is in {document.encoding}{how}")
    telling, kept = Telling(told, document), KeptPieces()
    with closing(open_engine(model, settings(context, gpu_layers, threads, kv))) as engine:
        if watched:
            made = partial(run, engine=engine, sampling=sampling, request=request, kept=kept)
            watch(documents, engine, made, told, kept, encoding=encoding, changes=changes)
            return
        try:
            with closing(narrate(run(document, engine, sampling, request, kept=kept))) as events:
                for event in events:
                    telling.see(event)
        except KeyboardInterrupt:
            telling.interrupted(kept)
            raise
        finally:
            telling.end()
    if telling.told is None:
        raise AssertionError("a summary ends with its result")
    told.finish(telling.told)


def _on_disk(documents: tuple[str, ...]) -> list[str]:
    return [document for document in documents if document != "-"]
