"""What the library says, in the user's language: its errors, its notices, and the reasons for what it did.

The library speaks English, to pipes and logs too, and knows no catalogue. Its sentences are known here as it writes
them, with names in place of what it fills in; a test compares them with its source. What is not known stays English.
"""

import re
from functools import cache

from tui.language import N_, _, spoken

SENTENCES = (
    # models
    N_("there is no model {name}; a GGUF file, a name in {folder}, or 'starter' was expected; see: luciole doctor"),
    N_("the starter model is not installed; it was asked for; {remedy}"),
    N_(
        "no model was named, none is the default, and the starter is not installed; name a GGUF file with -m, or "
        "{remedy}"
    ),
    N_("{name} is a folder; a GGUF file was expected; convert a checkpoint first: luciole convert {again}"),
    N_(
        "{name} is neither a file nor an installed model; fetching from the hub is not part of this version; download "
        "the GGUF yourself and give its path"
    ),
    N_("{path} is no ordinary file; a GGUF file was expected; check the path"),
    N_("{path} cannot be read ({reason}); a GGUF file was expected; check the path"),
    N_("{path} cannot be looked at ({reason}); a readable GGUF file was expected; check the file"),
    N_("{file} has {size} bytes; a GGUF has at least 24; {remedy}"),
    N_("{file} is gone already; a model was expected there; look again"),
    N_("a model {name} is there already; a name that is free was expected; choose another, or remove that one first"),
    N_("{name} is no name for a model; letters, digits, spaces, dots and dashes were expected; choose another"),
    N_("the name has {size} bytes; at most {most} were expected; choose a shorter one"),
    N_("{name} would stand for another model; a name of its own was expected; choose another"),
    N_("{name} does not lie in {folder}; only models there can be changed; import it first"),
    N_("{file} lies in {folder} already; another name or a file from elsewhere was expected; nothing needs to be done"),
    N_("{file} needs {needed} MiB; {free} MiB are free on the disk of {folder}; free some space"),
    N_("{file} changed while it was copied; a file at rest was expected; try again"),
    N_("there is no report beside it; luciole verify makes one"),
    N_("{file} is of another file; luciole verify makes a new one"),
    N_("{file} cannot be read; luciole verify makes a new one"),
    N_("equal to {source} in: {names}"),
    N_("it differs from {source} in: {names}"),
    N_("not compared: {names}; luciole verify does"),
    # the engine
    N_(
        "llama.cpp cannot load {file} ({reason}); a model it knows was expected; update llama-cpp-python, or convert "
        "the model again"
    ),
    N_(
        "llama.cpp cannot make a context of {size} tokens ({reason}); enough memory was expected; use --context with "
        "less"
    ),
    N_(
        "the engine died while {doing} ({reason}); an answer was expected, and what had come of it is kept; the next "
        "question starts it anew; {help} (log: {log})"
    ),
    N_("the engine cannot be started ({reason}); a Python at {path} was expected; install Luciole again"),
    N_("the engine is closed; an open one was expected; start Luciole again"),
    N_("{file} ({kind}) does not write text; a language model was expected; choose another"),
    N_("{file} makes vectors of texts and writes none; a language model was expected; choose another"),
    N_(
        "{file} carries no chat template; an instruction-tuned model was expected, since a base model cannot chat; use "
        "another model"
    ),
    N_(
        "the model's chat template fails ({reason}); one that renders these messages was expected; leave out the "
        "system message, or use another model"
    ),
    N_(
        "the model's chat template leaves out messages; all were expected in the prompt; leave out the system message, "
        "or use another model"
    ),
    N_("{layers} layers on the GPU failed ({reason}), so half of them were taken"),
    N_("that failed ({reason}), and the next smaller setting was taken: {setting}"),
    # what does not fit
    N_("the prompt has {tokens} tokens; the context holds {limit}; shorten it"),
    N_(
        "the prompt has {tokens} tokens; at most {most} fit the context of {limit} beside an answer; shorten it, or "
        "use a model with a longer context"
    ),
    N_(
        "{name} has {tokens} tokens; {most} fit in one reading (context or memory, less instruction and answer); read "
        "it with --strategy parts, raise --context, or use a model with a longer context"
    ),
    N_(
        "{name} has {tokens} tokens; {most} fit beside instruction and answer, too few for a beginning and an end; "
        "raise --context, or ask for a shorter summary"
    ),
    N_(
        "{name} has {tokens} tokens; context or memory have room for {most}, and reading it in parts takes {least} "
        "with the answer; raise --context, ask for a shorter summary, or use a model with a longer context"
    ),
    N_(
        "the question has {tokens} tokens and {most} fit beside an answer of {answer}; room for passages of the "
        "document was expected; ask in fewer words, or raise --context"
    ),
    # documents
    N_("{name} does not exist; a document was expected; check the path"),
    N_("{name} is a folder; a document was expected; name one file in it"),
    N_("{name} cannot be read ({reason}); a readable file was expected; check it"),
    N_("{name} has no text in it; a document was expected; check the file"),
    N_("{name} is not a text (its bytes are binary); a document was expected; convert it, or name its encoding"),
    N_("{name} is a film or image; a document was expected; have it transcribed"),
    N_("{name} is a ZIP archive; a document was expected; unpack it, and name the folder"),
    N_(
        "{name} is encrypted; a document that opens without a password was expected; remove the password in the "
        "program that set it"
    ),
    N_(
        "{name} is encrypted; a PDF that opens without a password was expected; save it without one, as `qpdf "
        "--decrypt --password=...` does"
    ),
    N_("{name} is damaged (it is cut short or broken inside); a whole file was expected; save or download it again"),
    N_(
        "{name} is a damaged PDF (it is cut short or broken inside); a whole file was expected; save or download it "
        "again"
    ),
    N_(
        "{name} has no text on its {pages} page{s}, they are pictures (a scan); a PDF with text was expected; "
        "have its text recognized (OCR, as ocrmypdf does), and name the result"
    ),
    N_("{name} is an old Word file (.doc); DOCX or PDF was expected; save it as DOCX"),
    N_("{name} is an old Microsoft Office file; DOCX, PDF or text was expected; save it as one of these"),
    N_("{name} is {kind}; a document was expected; {remedy}"),
    # summaries and answers
    N_("{left} of {total} tokens were not read: the engine took less than the document"),
    N_("{left} of {total} tokens were not read: {where}"),
    N_("the summary is not in {language}{found}{comma}{asked}; try another model"),
    N_("the answer is not in {language}{found}{asked}; try another model"),
    N_(" but in {language}"),
    N_(" although that was asked for twice"),
    N_(", although that was asked for twice"),
    N_("the model wrote nothing; try another model"),
    N_("the summary was stopped: it repeated itself without end; try another model"),
    N_("the summary was cut at {tokens} tokens; allow more with --length or --max-tokens"),
    N_("the answer was stopped: it repeated itself without end; try another model"),
    N_("the answer was cut at {tokens} tokens; allow more with --max-tokens"),
    N_("the encoding is a guess: read as {encoding}"),
    N_("it was not in {language}, and is asked for again, more firmly"),
    N_("it was not in {language}, and is asked for again, firmly"),
    N_("{tokens} tokens fit the context of {limit} in one reading"),
    N_("all {tokens} tokens are read"),
    N_("only {count} of {total} passages were read, {read} of {tokens} tokens"),
    N_("{tokens} tokens do not fit; {count} of {total} passages are read"),
    # what is kept
    N_("{path} cannot be written ({reason}); a new file in a folder that is there was expected; choose another name"),
    N_("{path} cannot be written ({reason}); a writable folder was expected; make room, or let it be written"),
    N_("{path} cannot be read ({reason}); TOML was expected; mend or remove it"),
    N_("{path} has {key}, which nobody knows; {known} were expected; mend or remove it"),
    N_(
        "the conversations in {path} cannot be used ({reason}); a file that can be read and written, and room on its "
        "disk, were expected; look at its folder, or set LUCIOLE_HOME to another one"
    ),
    N_("the conversations in {path} were damaged ({reason}); they lie untouched in {target}; a new file was begun"),
    N_("nothing of this conversation is being kept: {reason}"),
    N_("this conversation was removed for good elsewhere; what is said now is not kept"),
    N_("the conversation is being kept again, with all that was said meanwhile"),
    N_("the system does not tell of changes ({reason}); the files are looked at regularly"),
)
"""The first that fits is taken: what is special comes before what is general."""
LANGUAGES = (N_("Chinese"), N_("English"), N_("French"), N_("German"), N_("Japanese"), N_("Russian"), N_("Spanish"))
"""Languages as the library names them in its sentences."""
_DROPPED = {"s": "", "comma": ""}
"""The `s` of an English plural, and commas beside it, have no place in another language."""
_SHAPES = {"language": "[^ ,;]+", "found": "(?: but in [^ ,;]+)?", "comma": ",?"}
"""Where one thing follows another, what the first may be."""
_NAME = re.compile(r"\{(\w+)\}")


def said(text: str) -> str:
    """A sentence of the library in the language of the screen; any other text as it is."""
    if spoken() == "en":
        return text
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            values = {name: said(value) for name, value in found.groupdict().items()}  # reasons may be sentences too
            return _(sentence).format(**{**values, **_DROPPED})
    return text


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(sentence, _pattern(sentence)) for sentence in (*SENTENCES, *LANGUAGES)]


def _pattern(sentence: str) -> re.Pattern[str]:
    words = _NAME.split(sentence)
    parts = [
        re.escape(word) if number % 2 == 0 else f"(?P<{word}>{_SHAPES.get(word, '.*?')})"
        for number, word in enumerate(words)
    ]
    return re.compile("".join(parts), re.DOTALL)
