"""One answer as it grows: tokens chosen one by one, text that is certain, and the reason why it ended."""

from codecs import getincrementaldecoder
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from assistant.events import FinishReason
from assistant.llama.model import LlamaModel
from assistant.llama.repetition import Repetition
from assistant.llama.sampler import Sampler
from assistant.llama.stop_texts import StopTexts
from assistant.messages import Sampling


class Writing:
    """A context manager, to be made before the prompt is read: it raises InvalidSetting for what the model cannot do.

    `most`: tokens the answer may have; `prompt`: what it follows, for penalties that count it. `said`: the last of them
    that are words of the same answer, which goes on here.
    """

    def __init__(
        self, model: LlamaModel, sampling: Sampling, *, most: int, prompt: Sequence[int], said: Sequence[int] = ()
    ) -> None:
        self._model = model
        self._most = most
        self._sampler = Sampler(sampling, model, most, prompt, said)
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._stops = StopTexts(sampling.stop)
        self._repetition = Repetition() if sampling.loop_guard else None
        if self._repetition is not None:
            for token in said:
                self._repetition.feed(token)
        self.token = 0
        """The token chosen last."""
        self.written = 0
        """Tokens of the answer."""
        self.reason: FinishReason | None = None
        """Why the answer ended; None: it goes on, and `token` is to be decoded."""

    def step(self, context: int, index: int = -1) -> str:
        """Choose the next token by the logits at a place of the last batch; gives the text that is certain now."""
        self.token = self._sampler.next(context, index)
        if self._model.ends_answer(self.token):
            self.reason = "stop"
            return self._rest()
        self.written += 1
        endless = self._repetition is not None and self._repetition.feed(self.token)
        text = self._stops.feed(self._decoder.decode(self._model.bytes_of(self.token)))
        if self._stops.reached:
            self.reason = "stop"
        elif endless or self.written >= self._most:
            self.reason = "repetition" if endless else "length"
            text += self._rest()
        return text

    def __enter__(self) -> Self:
        self._sampler.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the sampler; once."""
        self._sampler.__exit__(None, None, None)

    def _rest(self) -> str:
        """What was held back, when nothing more comes. Where a limit cut a character in two its half is left out: going
        on writes it whole.
        """
        half = self._decoder.decode(b"", final=True) if self.reason == "stop" else ""
        return self._stops.feed(half) + self._stops.rest()
