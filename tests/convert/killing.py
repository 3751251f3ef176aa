"""Conversions that are killed at random moments: `python -m tests.convert.killing SOURCE TARGET COUNT`.

Each runs in a child forked from this process, which has everything imported, so that the moments fall into the
conversion itself and not into the start of an interpreter. Prints, as JSON, what stood under the target's name after
each kill: `old`, `new`, or what else was found; and how many kills left half a file under another name.
"""

import json
import os
import signal
import sys
from pathlib import Path
from random import Random
from time import monotonic, sleep

from convert import Choices, convert

OLD = b"the old file"


def convert_in_child(source: Path, target: Path) -> int:
    """Start a conversion; its process id."""
    child = os.fork()
    if child == 0:
        for _ in convert(source, target, quantization="q8_0", choices=Choices(force=True)):
            pass
        os._exit(0)
    return child


def main() -> None:
    source, target, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    start = monotonic()
    os.waitpid(convert_in_child(source, target), 0)
    full = monotonic() - start
    whole = target.read_bytes()
    random = Random(5)
    found, halfway = [], 0
    for _ in range(count):
        target.write_bytes(OLD)
        child = convert_in_child(source, target)
        sleep(random.uniform(0, 1.4 * full))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        halfway += len(list(target.parent.glob(".*.partial")))
        content = target.read_bytes() if target.exists() else b""
        found.append({OLD: "old", whole: "new"}.get(content, f"{len(content)} bytes"))
    os.waitpid(convert_in_child(source, target), 0)  # the next conversion removes what the killed ones left
    left = sorted(path.name for path in target.parent.iterdir())
    sys.stdout.write(json.dumps({"found": found, "halfway": halfway, "left": left}))


if __name__ == "__main__":
    main()
