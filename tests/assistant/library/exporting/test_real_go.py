"""The written templates in Go's own `text/template`. Needs a Go toolchain: `go` in the path, or named by `GO`."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from assistant.library.exporting.go import go_template
from assistant.library.exporting.turns import conversations, find_turns
from assistant.messages import Message
from tests.assistant.library.exporting.go_subset import collate, execute
from tests.assistant.library.exporting.templates import REGULAR
from tests.assistant.library.exporting.test_turns import BOS, EOS, WORDS, prompt

GO = os.environ.get("GO") or shutil.which("go")

PROGRAM = """
package main

import ("encoding/json"; "os"; "strings"; "text/template")

type message struct { Role string; Content string }
type request struct { Template string; System string; Messages []*message }

func main() {
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil { panic(err) }
	answers := []string{}
	for _, one := range requests {
		var out strings.Builder
		made, err := template.New("").Option("missingkey=zero").Parse(one.Template)
		if err != nil { panic(err) }
		values := map[string]any{"System": one.System, "Messages": one.Messages, "Response": ""}
		if err := made.Execute(&out, values); err != nil { panic(err) }
		answers = append(answers, out.String())
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil { panic(err) }
}
"""


def run_go(folder: Path, requests: list[tuple[str, list[Message]]]) -> list[str]:
    """What Go makes of each template and conversation."""
    assert GO
    program = folder / "main.go"
    program.write_text(PROGRAM, encoding="utf-8")
    values = [{"Template": template, **collate(messages)} for template, messages in requests]
    done = subprocess.run(
        [GO, "run", str(program)],
        input=json.dumps(values).encode(),
        stdout=subprocess.PIPE,
        env=os.environ | {"GOCACHE": str(folder / "cache"), "GOPATH": str(folder / "path"), "GOFLAGS": "-mod=mod"},
        check=True,
    )
    answers: list[str] = json.loads(done.stdout)
    return answers


@pytest.mark.parity
@pytest.mark.skipif(GO is None, reason="there is no Go toolchain")
def test_go_itself_makes_the_prompts_of_the_templates(tmp_path: Path) -> None:
    requests: list[tuple[str, list[Message]]] = []
    expected: list[str] = []
    for template in REGULAR.values():
        turns = find_turns(template, bos=BOS, eos=EOS)
        for messages in conversations(WORDS, system=turns.takes_system):
            going_on = [*messages, Message("assistant", "It is")]
            requests += [(go_template(turns), messages), (go_template(turns), going_on)]
            expected += [prompt(template, messages), prompt(template, going_on)]
        requests.append((go_template(turns), [Message("assistant", "cut"), Message("user", "off")]))
        expected.append(turns.prompt(requests[-1][1]))
    found = run_go(tmp_path, requests)
    assert found == expected
    assert found == [execute(template, messages) for template, messages in requests]
