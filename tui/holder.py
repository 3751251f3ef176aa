"""The one engine of the screen: opened when first needed, opened again after it has failed, exchanged for another.

`ready`, `load` and `use` are for the worker thread; `info`, `interrupt` and `close` for any. Knows nothing of widgets.
"""

from collections.abc import Callable, Generator

from assistant import Engine, Loading, ModelInfo


class EngineHolder:
    """`open_engine` opens the model to begin with, `open_model` the one of a name; both late, in the worker thread."""

    def __init__(self, open_engine: Callable[[], Engine], open_model: Callable[[str], Engine] | None = None) -> None:
        self._open_engine = open_engine
        self._open_model = open_model
        self._engine: Engine | None = None
        self._closed = False

    @property
    def info(self) -> ModelInfo | None:
        """The model's facts; None until it was loaded once."""
        return self._engine.info if self._engine is not None else None

    def ready(self) -> Engine:
        """The engine, opened if it is not; not necessarily loaded. Raises what `open_engine` raises."""
        if self._engine is None:
            engine = self._open_engine()
            self._engine = engine
            if self._closed:
                engine.close()
        return self._engine

    def load(self) -> Generator[Loading, None, None]:
        """Open the engine and bring the model into memory."""
        yield from self.ready().load()

    def use(self, model: str) -> Generator[Loading, None, None]:
        """Take another model: a path or a name, as every command names models. The one before stays if it is refused.

        Raises ModelNotFound, InvalidModelFile, EngineFailed.
        """
        open_model = self._open_model
        if open_model is None:
            raise RuntimeError("this screen was opened with an engine of its own")
        engine = open_model(model)
        old, self._engine = self._engine, engine
        self._open_engine = lambda: open_model(model)
        if old is not None:
            old.close()
        if self._closed:
            engine.close()
        yield from engine.load()

    def interrupt(self) -> None:
        """Make the running generator end soon."""
        if self._engine is not None:
            self._engine.interrupt()

    def close(self) -> None:
        """Free the model; an engine that is being opened right now is freed as soon as it is."""
        self._closed = True
        if self._engine is not None:
            self._engine.close()
