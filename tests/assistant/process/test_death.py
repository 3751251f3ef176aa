"""Exit codes, last words and evidence in words a user understands."""

import signal
import sys
from pathlib import Path

import pytest

from assistant.process.death import Death, death, last_error, memory_kills, speaks_of_memory

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals have other names there")


@pytest.mark.parametrize(
    ("code", "words", "memory"),
    [
        (0, "exit code 0", False),
        (70, "exit code 70", False),
        (0xC0000005, "a fault inside llama.cpp, access violation", False),
        (0xC0000017, "Windows ran out of memory", True),
        (0xC000012D, "Windows ran out of memory, commitment limit", True),
        (0xC0000409, "llama.cpp gave up, fail-fast exception", False),
        (0xC000001D, "built for another processor", False),
        (0xC0000135, "a library is missing", False),
        (0xC0FFEE00, "status 0xC0FFEE00", False),
    ],
)
def test_exit_codes(code: int, words: str, memory: bool) -> None:
    found = death(code, [])
    assert words in found.words
    assert found.memory == memory


@posix
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGABRT, "llama.cpp gave up, SIGABRT"),
        (signal.SIGSEGV, "a fault inside llama.cpp, SIGSEGV"),
        (signal.SIGBUS, "cut short"),
        (signal.SIGILL, "another processor"),
        (signal.SIGTERM, "something ended it"),
        (signal.SIGHUP, "SIGHUP"),
        (200, "signal 200"),
    ],
)
def test_signals(number: int, words: str) -> None:
    found = death(-number, [])
    assert words in found.words
    assert not found.memory


@posix
@pytest.mark.parametrize(
    ("kills", "words"),
    [
        ((None, None), "perhaps the system ran out of memory"),
        ((None, 4), "perhaps the system ran out of memory"),
        ((3, 4), "SIGKILL; the system ran out of memory"),
        ((4, 4), "not by the kernel for lack of memory"),
    ],
)
def test_killed(kills: tuple[int | None, int | None], words: str) -> None:
    found = death(-9, [], kills=kills)
    assert words in found.words
    assert found.memory


def test_last_words() -> None:
    lines = [
        "llama_model_loader: loaded meta data",
        "ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 9663676416",
        "llama_init_from_model: failed to initialize the context: failed to allocate compute buffers",
        "Fatal Python error: Aborted",
        "",
        "Current thread 0x00007f (most recent call first):",
        '  File "error.py", line 3 in failed',
        "Extension modules: numpy.linalg (total: 12)",
    ]
    found = death(-6, lines)
    assert found.last_words == lines[2]
    assert found.words.endswith(lines[2])
    assert found.memory
    assert last_error(["all is well", "no failure to speak of"]) == ""


@pytest.mark.parametrize(
    ("line", "memory"),
    [
        ("/b/ggml.c:1234: GGML_ASSERT(ctx->mem_buffer != NULL) failed", False),
        ("CUDA error: out of memory", True),
        ("ggml_cuda_device_malloc: cudaMalloc failed: out of memory", True),
        ("  what():  std::bad_alloc", True),
        ("ggml_vulkan: Device memory allocation of size 1073741824 failed.", True),
        ("vk::Queue::submit: ErrorOutOfDeviceMemory", True),
        ("ggml_metal: error: Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)", True),
        ("mmap failed: Cannot allocate memory", True),
        ("MemoryError", True),
        ("error loading model: unknown model architecture: 'lxama'", False),
        ("RuntimeError: assembly failed", False),
    ],
)
def test_what_speaks_of_memory(line: str, memory: bool) -> None:
    assert last_error([line]) == " ".join(line.split())
    assert speaks_of_memory(line) == memory


def test_a_quote_is_short_and_obeys_no_terminal() -> None:
    quote = last_error(["error: \x1b[2J\u202e" + "x" * 5000])
    assert len(quote) == 200
    assert "\x1b" not in quote
    assert "\u202e" not in quote
    assert quote.startswith("error: ")


def test_words() -> None:
    assert Death("killed").words == "killed"
    assert Death("killed", "it failed").words == "killed: it failed"


@pytest.mark.parametrize(
    ("files", "kills"),
    [
        (
            {
                "proc/self/cgroup": "0::/app\n",
                "sys/fs/cgroup/cgroup.procs": "",
                "sys/fs/cgroup/app/memory.events": "low 0\noom 2\noom_kill 5\noom_group_kill 0\n",
                "proc/vmstat": "oom_kill 9\n",
            },
            5,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/app\n0::/\n",
                "sys/fs/cgroup/memory/cgroup.procs": "",
                "sys/fs/cgroup/memory/app/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
            },
            3,
        ),
        ({"proc/self/cgroup": "0::/\n", "proc/vmstat": "nr_free_pages 1\noom_kill 9\n"}, 9),
        ({"proc/vmstat": "nr_free_pages 1\n"}, None),
        ({"proc/vmstat": "oom_kill\n"}, None),
        ({"proc/vmstat": "oom_kill many\n"}, None),
        ({}, None),
    ],
)
def test_what_the_system_counts(files: dict[str, str], kills: int | None, tmp_path: Path) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert memory_kills(tmp_path) == kills
