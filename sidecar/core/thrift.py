"""What decoding may spare itself."""

from msgspec import Struct


class Thrift(Struct, frozen=True):
    """Each can be switched off: then that is done as plain faster-whisper does it."""

    degrade: bool = True
    """Less is done where the time left does not allow for all."""
    reuse_encoding: bool = True
    """What language detection encoded is decoded, and not encoded again."""
    bound_tokens: bool = True
    """A window gets no more tokens than its audio can need."""
    stop_loops: bool = True
    """An attempt that loops, or cannot be accepted any more, is ended early."""
