"""All families, in one explicit tuple. A new one is a file of its own and a line here."""

from collections.abc import Mapping
from typing import Any

from convert.architectures.baichuan import BAICHUAN
from convert.architectures.bert import BERT
from convert.architectures.bloom import BLOOM
from convert.architectures.chatglm import CHATGLM
from convert.architectures.gemma2 import GEMMA2
from convert.architectures.gemma3 import GEMMA3
from convert.architectures.gemma3_vision import GEMMA3_VISION
from convert.architectures.glm import GLM
from convert.architectures.glm4 import GLM4
from convert.architectures.gpt2 import GPT2
from convert.architectures.gptneox import GPTNEOX
from convert.architectures.granite import GRANITE
from convert.architectures.index import INDEX
from convert.architectures.internlm2 import INTERNLM2
from convert.architectures.llama import LLAMA
from convert.architectures.minicpm import MINICPM
from convert.architectures.mistral import MISTRAL
from convert.architectures.mixtral import MIXTRAL
from convert.architectures.olmo2 import OLMO2
from convert.architectures.phi3 import PHI3
from convert.architectures.qwen2 import QWEN2
from convert.architectures.qwen3 import QWEN3
from convert.architectures.qwen3_moe import QWEN3_MOE
from convert.architectures.smollm3 import SMOLLM3
from convert.architectures.xlm_roberta import XLM_ROBERTA
from convert.architectures.yi import YI
from convert.errors import InvalidCheckpoint, UnsupportedArchitecture
from convert.spec import Architecture

ARCHITECTURES: tuple[Architecture, ...] = (
    LLAMA,
    BAICHUAN,
    BERT,
    BLOOM,
    CHATGLM,
    GEMMA2,
    GEMMA3,
    GEMMA3_VISION,
    GLM,
    GLM4,
    GPT2,
    GPTNEOX,
    GRANITE,
    INDEX,
    INTERNLM2,
    MINICPM,
    MISTRAL,
    MIXTRAL,
    OLMO2,
    PHI3,
    QWEN2,
    QWEN3,
    QWEN3_MOE,
    SMOLLM3,
    XLM_ROBERTA,
    YI,
)


def find_architecture(config: Mapping[str, Any]) -> Architecture:
    """The family that config.json's `architectures` names. Raises InvalidCheckpoint, UnsupportedArchitecture."""
    known = sorted(name for architecture in ARCHITECTURES for name in architecture.classes)
    named = config.get("architectures")
    if not isinstance(named, list) or len(named) != 1 or not isinstance(named[0], str):
        raise InvalidCheckpoint(
            f"architectures is {named!r} in config.json; a list of one name was expected; known: {', '.join(known)}"
        )
    for architecture in ARCHITECTURES:
        if named[0] in architecture.classes:
            return architecture
    raise UnsupportedArchitecture(
        f"architecture {named[0]!r} in config.json is not supported; known: {', '.join(known)}; "
        "no file was written because a guess would be wrong"
    )
