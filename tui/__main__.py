"""`luciole` without arguments: the screen."""


def run(model: str | None = None) -> None:
    """Open the screen and load `model` (as every command names models; None: the default one) behind it."""
    from assistant import Engine, is_new, open_engine  # noqa: PLC0415  `luciole --help` must not pay for the screen
    from tui.app import make_app  # noqa: PLC0415

    def opened() -> Engine:
        return open_engine(model)

    make_app(opened, open_model=open_engine, welcome=is_new()).run()


if __name__ == "__main__":
    run()
