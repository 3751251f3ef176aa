"""What the README says is so: its list of files, its two lines, its commands."""

import re
from importlib.metadata import entry_points

from tests.readme import LIST, README, ROOT, file_list

TEXT = README.read_text(encoding="utf-8")


def test_every_file_is_listed_with_its_role() -> None:
    found = LIST.search(TEXT)
    assert found
    assert found[0] == file_list(), "run: python -m tests.readme"


def test_the_two_lines_stand_alone_in_the_set_up_section() -> None:
    section = TEXT.split("## Set up")[1].split("\n## ")[0]
    lines = [line for line in section.split("\n") if line.startswith("python3 -m venv")]
    assert lines == [
        "python3 -m venv .venv && .venv/bin/pip install '.[starter]' && .venv/bin/luciole",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ]


def test_every_command_named_exists() -> None:
    (script,) = entry_points(group="console_scripts", name="luciole")
    from assistant.cli import COMMANDS

    assert script.value == "assistant.__main__:main"
    named = set(
        re.findall(r"^(?:.*\| )?luciole ([a-z]+)", "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)), re.M)
    )
    assert {"convert", "inspect", "chat", "summarize"} <= named <= set(COMMANDS)


def test_pictures_and_pages_it_links_to_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / target).is_file(), target
