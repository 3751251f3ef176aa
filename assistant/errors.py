"""Everything that may go wrong in `assistant`, as one tree. Commands catch `AssistantError` and nothing else of ours.

    AssistantError
    ├── ModelNotFound        no model of that name, or none installed
    ├── InvalidModelFile     not a GGUF, cut short, or with counts that cannot be true
    ├── InvalidDocument      missing, empty, binary or unreadable
    ├── PromptTooLong        the prompt and the answer do not fit the context
    ├── TemplateFailed       the model's chat template cannot be rendered
    ├── EngineFailed         llama.cpp refused, or the child process that runs it died
    ├── InvalidSetting       a value of sampling, a grammar, a schema or the settings file cannot be used
    ├── InvalidCharacter     a character is missing, or its settings or its dialogues cannot be read
    ├── HistoryFailed        kept conversations cannot be opened, found, or read from a file
    ├── ConversionFailed     a checkpoint was refused by the converter, or its process died
    ├── HubFailed            the hub or the way to it refused, or what came is not what it promised
    └── OutputFailed         a result cannot be written where it was asked for
        └── AlreadyHere      what would be written is there

A message is one line of three parts: `what was found; what was expected; what to do`.
"""


class AssistantError(Exception):
    """Base of all errors of this package; its text is one line a user can act on."""


class ModelNotFound(AssistantError):
    """No model of that name, or none installed."""


class InvalidModelFile(AssistantError):
    """The file is not a GGUF, is cut short, or claims counts that cannot be true."""


class InvalidDocument(AssistantError):
    """The document is missing, empty, binary or unreadable."""


class PromptTooLong(AssistantError):
    """The prompt (with room for an answer) is longer than the context.

    `tokens`: length of the prompt; `limit`: longest prompt that would fit; both in tokens of the model.
    """

    def __init__(self, message: str, *, tokens: int, limit: int) -> None:
        super().__init__(message)
        self.tokens = tokens
        self.limit = limit


class TemplateFailed(AssistantError):
    """The chat template cannot be rendered, or rewrites the messages beyond recognition."""


class EngineFailed(AssistantError):
    """llama.cpp refused the model or a batch, or the child process that runs it died.

    `offer`: what would need less memory, in words of the command line (`--context 16384 --kv q8_0`), where a lack of
    it is the likely cause and a smaller setting is known; else empty.
    """

    def __init__(self, message: str, *, offer: str = "") -> None:
        super().__init__(message)
        self.offer = offer


class InvalidSetting(AssistantError):
    """A value of sampling, a grammar, a JSON schema or the settings file cannot be used."""


class InvalidCharacter(AssistantError):
    """There is no such character, or its settings or its dialogues cannot be read."""


class HistoryFailed(AssistantError):
    """The kept conversations cannot be opened, the one asked for is not among them, or an import is none."""


class ConversionFailed(AssistantError):
    """The converter refused a checkpoint, in its own words, or the process that runs it died."""


class HubFailed(AssistantError):
    """The hub, or the way to it, refused; or what came from there is not what was promised.

    `there`: where it has several and none of them was meant, (quantization, bytes) of what can be asked for instead.
    """

    def __init__(self, message: str, *, there: tuple[tuple[str, int], ...] = ()) -> None:
        super().__init__(message)
        self.there = there


class OutputFailed(AssistantError):
    """A result cannot be written where it was asked for: the file exists, the folder does not, the disk is full."""


class AlreadyHere(OutputFailed):
    """What would be written is there already. `name`: what it is called here; the text says it too."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(message)
        self.name = name
