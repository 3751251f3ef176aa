"""On a GPU: all layers, some layers and none give one answer, and take what the plan says. Run with `-m gpu`."""

from contextlib import closing
from pathlib import Path

import llama_cpp
import pytest

from assistant.engine import EngineSettings
from assistant.events import Event, Finished, Settled, Text
from assistant.hardware import Device, hardware
from assistant.messages import Message, Sampling
from assistant.process.engine import EngineProcess

pytestmark = pytest.mark.gpu

QUESTION = [Message("system", "Answer in plain English."), Message("user", "What is the capital of France?")]
GREEDY = Sampling(temperature=0.0, max_tokens=24)
LAYERS = 30
MIB = 1 << 20


def gpu() -> Device:
    """The first GPU, as llama.cpp sees it now."""
    found = hardware().llama
    assert found is not None
    devices = [device for device in found.devices if "gpu" in device.kind]
    assert devices, "a GPU was expected; these tests are for machines with one"
    return devices[0]


def answer(events: list[Event]) -> str:
    assert isinstance(events[-1], Finished)
    return "".join(event.text for event in events if isinstance(event, Text))


def test_the_build_offloads() -> None:
    assert llama_cpp.llama_supports_gpu_offload(), "install llama-cpp-python with CUDA, Metal or Vulkan first"


@pytest.mark.parametrize(("wanted", "layers"), [(None, LAYERS + 1), (LAYERS // 2, LAYERS // 2), (0, 0)])
def test_layers_go_where_they_are_planned(wanted: int | None, layers: int, starter_gguf: Path) -> None:
    with closing(EngineProcess(starter_gguf, EngineSettings(gpu_layers=wanted, saved_readings=False))) as engine:
        events = list(engine.stream(QUESTION, GREEDY))
        info = engine.info
    (settled,) = (event for event in events if isinstance(event, Settled))
    assert settled.gpu_layers == layers
    assert info is not None
    assert info.gpu_layers == layers
    assert "Paris" in answer(events)


def test_the_plan_holds_on_the_device(starter_gguf: Path) -> None:
    """What the card lost is what was predicted, but for the driver's own."""
    before = gpu().memory_free
    with closing(EngineProcess(starter_gguf, EngineSettings(context=8192, saved_readings=False))) as engine:
        events = list(engine.stream(QUESTION, GREEDY))
        taken = before - gpu().memory_free
    (settled,) = (event for event in events if isinstance(event, Settled))
    assert taken < settled.memory + 1024 * MIB, "the driver's context is below 1 GiB"
    assert taken > settled.memory // 4, "most of it lies on the card"
