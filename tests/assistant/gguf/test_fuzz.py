"""Real headers, shaken: what comes of them is a header or a refusal, in bounded time and memory."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import InvalidModelFile
from assistant.gguf.file import read_header
from tests.assistant.gguf.build import STRING, U8, U64, array, file, key, text
from tests.convert.families.support import save, tiny_model
from tests.convert.families.test_bert import bert, sentence
from tests.convert.families.test_bloom import bloom
from tests.convert.families.test_gemma3 import gemma
from tests.convert.toy_tokenizers import write_bloom, write_gemma_json, write_wordpiece, write_xlmr
from tests.support import converted_file

SECONDS = 5.0
"""Of the processor, far more than the slowest takes; a loop without end takes longer."""
BOMB_MEMORY = 768 << 20
BIG = (0, 1, 8, 9, 12, 13, 2**16, 2**22, 2**31, 2**32 - 1, 2**62, 2**63, 2**64 - 1)

MAKERS: dict[str, Callable[[Path], Path]] = {
    "llama": lambda folder: save(tiny_model("LlamaForCausalLM"), folder),
    "gemma": lambda folder: save(
        gemma(vocab_size=650, bos_token_id=2, eos_token_id=1, pad_token_id=0), folder, tokenizer=write_gemma_json
    ),
    "bloom": lambda folder: save(bloom(vocab_size=650), folder, tokenizer=write_bloom),
    "bert": lambda folder: sentence(save(bert(vocab_size=650), folder, tokenizer=write_wordpiece)),
    "xlm-roberta": lambda folder: sentence(
        save(bert("XLMRobertaModel", max_position_embeddings=162, pad_token_id=1, vocab_size=650), folder,
             tokenizer=write_xlmr)
    ),
}  # fmt: skip


class Subject:
    """One real file: its header's bytes, and its size; the weights are a hole."""

    def __init__(self, source: Path, target: Path) -> None:
        header = read_header(source)
        self.size = source.stat().st_size
        self.start = source.read_bytes()[: header.data_offset]
        self.path = target

    def read(self, data: bytes) -> bool:
        """Whether it is still a header. Any other end than that or a refusal is a failure."""
        with self.path.open("wb") as out:
            out.write(data)
            out.truncate(max(len(data), self.size + len(data) - len(self.start)))
        started = process_time()
        header, words = None, ""
        try:
            header = read_header(self.path)
        except InvalidModelFile as refusal:
            words = str(refusal)
        assert process_time() - started < SECONDS
        if header is None:
            assert "\n" not in words
            assert 0 < len(words) < 600
            return False
        assert all(
            header.data_offset + tensor.offset + tensor.size <= self.path.stat().st_size for tensor in header.tensors
        )
        return True


@pytest.fixture(scope="module", params=["starter", *MAKERS])
def subject(request: Any, starter_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("fuzz")
    source = starter_gguf
    if request.param != "starter":
        source = converted_file(MAKERS[request.param](folder / request.param), folder / "source.gguf", "bf16")
    made = Subject(source, folder / "shaken.gguf")
    assert made.read(made.start)
    return made


Edit = tuple[str, float, int]
"""What is done, where (a share of the header's length, squared: most lies in front), and with what."""
EDITS = st.tuples(
    st.sampled_from(("flip", "number", "insert", "remove", "copy", "cut")),
    st.floats(0, 1, allow_nan=False),
    st.one_of(st.integers(0, 255), st.sampled_from(BIG)),
)


def shaken(data: bytes, edits: list[Edit]) -> bytes:
    for kind, share, value in edits:
        place = int(share**4 * max(0, len(data) - 1))
        number = (value % 2**64).to_bytes(8, "little")
        match kind:
            case "flip":
                data = data[:place] + bytes([data[place] ^ (value % 255 + 1)]) + data[place + 1 :] if data else b""
            case "number":
                data = data[:place] + number + data[place + 8 :]
            case "insert":
                data = data[:place] + number[: value % 8 + 1] + data[place:]
            case "remove":
                data = data[:place] + data[place + value % 64 + 1 :]
            case "copy":
                data = data[:place] + data[place // 2 : place // 2 + value % 4096] + data[place:]
            case "cut":
                data = data[: len(data) - place]
    return data


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(edits=st.lists(EDITS, min_size=1, max_size=4))
def test_a_real_header_shaken(subject: Subject, edits: list[Edit]) -> None:
    subject.read(shaken(subject.start, edits))


def test_a_real_header_cut_anywhere(subject: Subject) -> None:
    for length in [*range(64), *np.random.default_rng(1).integers(64, len(subject.start) - 1, 40)]:
        subject.path.write_bytes(subject.start[:length])
        with pytest.raises(InvalidModelFile):
            read_header(subject.path)


MEASURE = """
import resource, sys
from pathlib import Path
from assistant.errors import InvalidModelFile
from assistant.gguf.file import read_header
with open("/proc/self/statm") as pages:
    used = int(pages.read().split()[0]) * resource.getpagesize()
limit = used + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for name in sys.argv[2:]:
    try:
        print(len(read_header(Path(name)).metadata), flush=True)
    except InvalidModelFile as refusal:
        print(str(refusal).partition(" ")[2], flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits the memory of a Linux process")
def test_bombs_stay_within_bounds(tmp_path: Path) -> None:
    """Four million short texts, as many large numbers, and texts of 64 MiB whose letters take the most room."""
    few = np.zeros((1 << 22, 10), np.uint8)
    few[:, 0] = 2
    few[:, 8:] = np.frombuffer("Ω".encode(), np.uint8)
    bombs = {
        "letters": file((key("k", array(STRING, 1 << 22, few.tobytes())),)),
        "numbers": file((key("k", array(U64, 1 << 22, b"\xff" * (8 << 22))),)),
        "more-numbers": file((key("k", array(U8, (1 << 22) + 1, b"\0" * ((1 << 22) + 1))),)),
        "longer": file((key("k", array(STRING, 2, text(b"a" * (1 << 25)) * 2)),)),
        "wide": file((key("k", array(STRING, 1, text("😀" + "a" * ((1 << 26) - 5)))),)),
    }
    for name, data in bombs.items():
        (tmp_path / name).write_bytes(data)
    names = [str(tmp_path / name) for name in bombs]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(BOMB_MEMORY), *names], capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr[-400:]
    assert lines[:2] == ["1", "1"]
    assert lines[2].startswith("claims 4194305 items in 'k'; expected at most 4194304 in one file")
    assert "for all texts of a file" in lines[3]
    assert lines[4] == "1"
