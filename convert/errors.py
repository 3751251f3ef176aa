"""Everything that may stop a conversion, as one tree.

A message is one line: what was found; what was expected; what to do.

ConversionError
├── InvalidCheckpoint        not a model folder, or a file in it is damaged or contradicts another
├── IncompleteCheckpoint     a shard, a tensor or a tokenizer file is missing
├── UnsupportedArchitecture  a family, a tensor or a configuration key that would change the maths is not known here
├── UnsupportedRope          a rotary embedding that cannot be written exactly
├── UnsupportedTemplate      the prompt format asked for is unknown, or is no template
├── UnsupportedTokenizer     a tokenizer that llama.cpp would not reproduce
├── OutputExists             the target is there already
├── NotEnoughSpace           the target's disk cannot hold the file
├── QuantizerFailed          llama.cpp's library is missing or refused
└── VerificationFailed       the finished file is not what was planned, or cannot be compared
"""


class ConversionError(Exception):
    """Base of all errors of this package; its text is one line a user can act on."""


class InvalidCheckpoint(ConversionError):
    """The source is not a model folder, or a file in it is damaged or contradicts another."""


class IncompleteCheckpoint(ConversionError):
    """A shard, a tensor or a tokenizer file is missing."""


class UnsupportedArchitecture(ConversionError):
    """A family, a tensor or a configuration key that would change the maths is not known here."""


class UnsupportedRope(ConversionError):
    """The rotary embedding cannot be written exactly."""


class UnsupportedTemplate(ConversionError):
    """The prompt format asked for is unknown, or is no template."""


class UnsupportedTokenizer(ConversionError):
    """The tokenizer cannot be written so that llama.cpp reproduces it."""


class OutputExists(ConversionError):
    """The target file is there already and `force` was not given."""


class OutputFailed(ConversionError):
    """The target cannot be written, or another conversion is writing it."""


class NotEnoughSpace(ConversionError):
    """The target's disk cannot hold the file."""


class QuantizerFailed(ConversionError):
    """llama.cpp's library is missing, or it refused what was asked of it."""


class VerificationFailed(ConversionError):
    """The finished file is not what was planned, or what it should be compared with is not there."""
