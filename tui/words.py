"""What the screen says in words: the model, an error's title, what a finished answer came to. No widget in sight."""

from assistant import AssistantError, FinishReason, ModelInfo, PromptTooLong, Usage
from tui.activity import bill


def named(info: ModelInfo) -> str:
    """The model for the status line: its name, its quantization if the name lacks it, what is proven of it."""
    name = info.name if info.quantization.lower() in info.name.lower() else f"{info.name} {info.quantization}"
    return f"{name} · {info.proof}" if info.proof else name


def model_line(info: ModelInfo) -> str:
    """The model for the status line, with the memory it runs in as soon as there is some."""
    memory = f"{info.memory / 2**30:.1f} GiB" if info.memory else ""
    return " · ".join(part for part in (named(info), info.kv, memory) if part)


def described(info: ModelInfo | None) -> str:
    """The model in a few lines."""
    if info is None:
        return "No model is loaded."
    where = f"{info.gpu_layers} of {info.layers} layers on the GPU" if info.gpu_layers else "on the CPU"
    return (
        f"{info.name}\n"
        f"{info.architecture} · {info.parameters / 1e6:,.0f} M parameters · {info.quantization} · {where}\n"
        f"context {info.context:,} of {info.trained_context:,} tokens trained\n"
        f"{info.path}"
    )


def ended(reason: FinishReason, usage: Usage) -> str:
    """Under a finished answer: what it took, or why it is not whole."""
    match reason:
        case "length":
            return f"cut at {usage.answer_tokens:,} tokens, the longest answer allowed"
        case "repetition":
            return f"stopped, because it repeated itself without end · {bill(usage)}"
        case "stop":
            return bill(usage)


def title(error: AssistantError) -> str:
    """Above the message of an error."""
    if isinstance(error, PromptTooLong):
        return f"too long: {error.tokens:,} tokens, {error.limit:,} fit"
    return {
        "ModelNotFound": "no model",
        "InvalidModelFile": "not a usable model",
        "InvalidDocument": "not a readable document",
        "TemplateFailed": "chat template",
        "EngineFailed": "the engine failed; the next message starts it again",
    }.get(type(error).__name__, "error")
