"""A loaded model and its vocabulary through llama.cpp's low-level functions: loading, text to ids and back."""

import ctypes
import os
import re
from collections.abc import Generator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread

import llama_cpp

from assistant.errors import EngineFailed
from assistant.events import Loading
from assistant.llama.log import llama_log
from assistant.prompt.render import Run


def load_model(path: Path, gpu_layers: int = 0) -> "Generator[Loading, None, LlamaModel]":
    """Load with progress, so many layers on GPUs; the generator's value is the model.

    Closing it breaks the load off. Raises EngineFailed.
    """
    log = llama_log()
    progress: SimpleQueue[float | None] = SimpleQueue()
    given_up = Flag()
    found: list[int | None] = []

    def report(fraction: float, _: object) -> bool:
        progress.put(fraction)
        return not given_up.is_set()

    callback = llama_cpp.llama_progress_callback(report)
    parameters = llama_cpp.llama_model_default_params()
    parameters.progress_callback = callback
    parameters.n_gpu_layers = gpu_layers

    def work() -> None:
        found.append(llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters))
        progress.put(None)

    log.forget()
    thread = Thread(target=work, name="load", daemon=True)
    thread.start()
    try:
        while (fraction := progress.get()) is not None:
            if fraction < 1.0:
                yield Loading(fraction)
    except BaseException:  # closed here, or interrupted while waiting
        given_up.set()
        thread.join()
        if found and found[0]:
            llama_cpp.llama_model_free(found[0])
        raise
    thread.join()
    if not found[0]:
        raise EngineFailed(
            f"llama.cpp cannot load {path.name} ({log.reason()}); a model it knows was expected; "
            "update llama-cpp-python, or convert the model again"
        )
    return LlamaModel(found[0], parameters.n_gpu_layers)


class LlamaModel:
    """Owns the pointer; `free` gives it back."""

    def __init__(self, pointer: int, gpu_layers: int) -> None:
        self.pointer = pointer
        self.vocab = llama_cpp.llama_model_get_vocab(pointer)
        self.vocabulary: int = llama_cpp.llama_vocab_n_tokens(self.vocab)
        self.layers: int = llama_cpp.llama_model_n_layer(pointer)
        offloaded = self.layers + 1 if gpu_layers < 0 else min(gpu_layers, self.layers + 1)
        self.gpu_layers = offloaded if llama_cpp.llama_supports_gpu_offload() else 0
        self.trained_context: int = llama_cpp.llama_model_n_ctx_train(pointer)

    def free(self) -> None:
        """Give the memory back; may be called again."""
        if self.pointer:
            llama_cpp.llama_model_free(self.pointer)
            self.pointer = 0

    @property
    def can_answer(self) -> bool:
        """It writes text: it has a decoder and a vocabulary."""
        return bool(
            llama_cpp.llama_model_has_decoder(self.pointer)
            and not llama_cpp.llama_model_has_encoder(self.pointer)
            and llama_cpp.llama_vocab_type(self.vocab) != llama_cpp.LLAMA_VOCAB_TYPE_NONE
        )

    @property
    def window(self) -> int:
        """Tokens that layers with a sliding window look back; 0 where there are none."""
        return int(llama_cpp.llama_model_n_swa(self.pointer))

    @property
    def plain_memory(self) -> bool:
        """What it has read can be cut at any token: no sliding window, no recurrent state."""
        return not (
            self.window
            or llama_cpp.llama_model_is_recurrent(self.pointer)
            or llama_cpp.llama_model_is_hybrid(self.pointer)
        )

    def text_of(self, token: int) -> str:
        """A token's text as the vocabulary holds it; empty for -1 (none)."""
        if token < 0:
            return ""
        return bytes(llama_cpp.llama_vocab_get_text(self.vocab, token) or b"").decode("utf-8", errors="replace")

    @property
    def bos(self) -> str:
        return self.text_of(llama_cpp.llama_vocab_bos(self.vocab))

    @property
    def eos(self) -> str:
        return self.text_of(llama_cpp.llama_vocab_eos(self.vocab))

    @property
    def habits(self) -> dict[str, object]:
        """What llama.cpp itself puts around every prompt, and which tokens end an answer: their texts."""
        return {
            "bos": self.bos,
            "eos": self.eos,
            "adds_bos": bool(llama_cpp.llama_vocab_get_add_bos(self.vocab)),
            "adds_eos": bool(llama_cpp.llama_vocab_get_add_eos(self.vocab)),
            "ends": [self.text_of(token) for token in range(self.vocabulary) if self.ends_answer(token)],
        }

    def ends_answer(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self.vocab, token))

    def encode(self, runs: Sequence[Run]) -> list[int]:
        """Ids of a prompt. Control tokens come from trusted runs only.

        The text between two of them is cut as one piece, whoever it is from, so that the ids at the seams of template
        and content are the source tokenizer's.
        """
        marks = self._marks("".join(run.text for run in runs if run.trusted))
        ids: list[int] = []
        pending: list[Run] = []
        for run in runs:
            if not run.trusted:
                pending.append(run)
                continue
            parts = self._control.split(run.text) if self._controls else [run.text]
            for index, part in enumerate(parts):
                if index % 2 == 0:
                    pending.append(Run(part, trusted=True))
                else:
                    ids += self._encode_between(pending, marks)
                    ids.append(self._controls[part])
                    pending.clear()
        return ids + self._encode_between(pending, marks)

    def encode_plain(self, text: str, template: str) -> list[int]:
        """Ids of a text that is gone on with: no control token in it, nor a mark of the model's chat template; before
        it the token that texts begin with, where the file asks for one.
        """
        first: list[int] = []
        if llama_cpp.llama_vocab_get_add_bos(self.vocab) and (bos := llama_cpp.llama_vocab_bos(self.vocab)) >= 0:
            first = [int(bos)]
        return first + self._encode_between([Run(text, trusted=False)], self._marks(template))

    def _marks(self, template: str) -> re.Pattern[str] | None:
        """Finds tokens that are no control tokens but mark turns: user-defined ones in the template's own text.

        llama.cpp makes them of any text. White space is no mark, and Gemma's double line end is such a token.
        """
        found = [text for text in self._defined if text in template and not text.isspace()]
        return re.compile(f"(?=({'|'.join(map(re.escape, sorted(found, key=len, reverse=True)))}))") if found else None

    def _encode_between(self, runs: Sequence[Run], marks: re.Pattern[str] | None) -> list[int]:
        """Ids of a text in which nothing is to be a control token, and no mark stands but the template's own.

        One that a message has a part in is taken apart behind its first character; where the vocabulary begins every
        text with a space, one comes in there.
        """
        text = "".join(run.text for run in runs)
        if marks is None:
            return self.encode_text(text)
        theirs = bytearray()  # for each character: whether it is a message's
        for run in runs:
            theirs += bytes([not run.trusted]) * len(run.text)
        cuts = [0]
        cuts += [found.start() + 1 for found in marks.finditer(text) if any(theirs[found.start(1) : found.end(1)])]
        cuts.append(len(text))
        return [token for start, end in pairwise(cuts) for token in self.encode_text(text[start:end])]

    def encode_whole(self, text: str) -> list[int]:
        """Ids of plain text with what the model puts around every text, as `[CLS]` and `[SEP]`."""
        return self._tokenize(text, add_special=True)

    def encode_text(self, text: str) -> list[int]:
        """Ids of plain text: nothing is added and no control token is recognised."""
        return self._tokenize(text, add_special=False) if text else []

    def _tokenize(self, text: str, *, add_special: bool) -> list[int]:
        data = text.encode("utf-8", errors="replace")
        room = len(data) + 8
        out = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), out, room, add_special, False)
        if count < 0:
            raise EngineFailed(f"llama.cpp makes {-count} tokens of {len(data)} bytes; at most {room} were expected")
        return list(out[:count])

    def bytes_of(self, token: int) -> bytes:
        """What a token adds to the answer; nothing for control tokens."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    @cached_property
    def _controls(self) -> dict[str, int]:
        wanted = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
        found = [
            token for token in range(self.vocabulary) if llama_cpp.llama_vocab_get_attr(self.vocab, token) & wanted
        ]
        return {self.text_of(token): token for token in found if self.text_of(token)}

    @cached_property
    def _defined(self) -> tuple[str, ...]:
        """Texts of the user-defined tokens."""
        wanted = llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
        return tuple(
            text
            for token in range(self.vocabulary)
            if llama_cpp.llama_vocab_get_attr(self.vocab, token) & wanted and (text := self.text_of(token))
        )

    @cached_property
    def _control(self) -> re.Pattern[str]:
        """Splits a text at control tokens, the longest text first."""
        return re.compile("(" + "|".join(map(re.escape, sorted(self._controls, key=len, reverse=True))) + ")")
