"""`luciole` without arguments: the screen."""

import os

from tui.background import ask


def run(model: str | None = None) -> None:
    """Open the screen and load `model` (as every command names models; None: the default one) behind it."""
    answer = ask(os.environ)  # the terminal answers while all this is loaded
    try:  # `luciole --help` must not pay for the screen
        from assistant import Engine, is_new, open_engine  # noqa: PLC0415
        from tui.app import make_app  # noqa: PLC0415
    finally:
        terminal = answer()

    def opened() -> Engine:
        return open_engine(model)

    app = make_app(opened, open_model=open_engine, welcome=is_new(), light=terminal.light, typed=terminal.typed)
    app.run()


if __name__ == "__main__":
    run()
