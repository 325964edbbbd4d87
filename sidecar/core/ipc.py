"""The messages between parent and worker: a JSON header line, then the payload's bytes.

The framing is that of the Wyoming protocol, with typed headers. It is sans-I/O: `encode` yields
bytes, `Decoder` is fed bytes.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from sidecar.core.budget import Budget, KillCost
from sidecar.core.errors import Detail
from sidecar.core.integer import Count
from sidecar.core.request import Transcription
from sidecar.core.result import ModelInfo, Segment, Transcript, Window
from sidecar.core.thrift import Thrift
from sidecar.core.timing import Phase, PhaseSpan, Timings

MAX_HEADER_BYTES = 64 << 20


class ModelSpec(Struct, frozen=True):
    """Which model to load, and how."""

    name: str
    path: str
    device: str = "auto"
    compute_type: str = "default"
    cpu_threads: int = 0
    """0: as many as the machine has physical cores."""


class AudioLimits(Struct, frozen=True):
    """What the worker accepts as audio, and from where."""

    max_duration_s: float
    max_bytes: int
    allowed_dirs: tuple[str, ...] = ()
    """Empty: anywhere the user can read."""


class Load(Struct, frozen=True, tag=True):
    """Load the model, warm it up, say `Ready`."""

    model: ModelSpec
    thrift: Thrift = Thrift()


class Run(Struct, frozen=True, tag=True):
    """Transcribe; the payload is the audio's bytes, unless it is read from a path."""

    job_id: str
    transcription: Transcription
    limits: AudioLimits
    total: Budget
    received_at_s: float
    """When the total budget began, by the monotonic clock that all processes share."""
    segments: Budget
    kill: KillCost
    stall_timeout_s: float


class Cancel(Struct, frozen=True, tag=True):
    """Stop the job at the next place where it can be stopped."""

    job_id: str


class Hello(Struct, frozen=True, tag=True):
    """The imports are done."""

    rss_bytes: Count


class Ready(Struct, frozen=True, tag=True):
    """The model is loaded and has run once."""

    model: ModelInfo
    load_s: float
    rss_bytes: Count


class LoadFailed(Struct, frozen=True, tag=True):
    """The model could not be loaded; the worker exits."""

    kind: str
    message: str
    details: dict[str, Detail] = {}


class Beat(Struct, frozen=True, tag=True):
    """The process is alive. It says nothing about progress."""

    rss_bytes: Count


class Progress(Struct, frozen=True, tag=True):
    """The job entered a phase, or finished a window."""

    job_id: str
    phase: Phase
    timings: Timings
    duration_s: float = 0.0
    covered_s: float = 0.0
    language: str | None = None


class Decoded(Struct, frozen=True, tag=True):
    """One more segment."""

    job_id: str
    segment: Segment


class Profiled(Struct, frozen=True, tag=True):
    """What a job with a profile has been through since this was last said."""

    job_id: str
    spans: tuple[PhaseSpan, ...]
    running: tuple[PhaseSpan, ...]
    """Those that had not ended when this was sent."""
    windows: tuple[Window, ...]
    """Windows from the number `first_window` on (the first is 0), as they are now."""
    first_window: Count


class Done(Struct, frozen=True, tag=True):
    """The transcription is complete.

    Its segments, windows and spans were sent already and are not repeated.
    """

    job_id: str
    transcript: Transcript


class Failed(Struct, frozen=True, tag=True):
    """The job failed; the worker did not."""

    job_id: str
    kind: str
    message: str
    timings: Timings
    details: dict[str, Detail] = {}


ToWorker = Load | Run | Cancel
FromWorker = Hello | Ready | LoadFailed | Beat | Progress | Decoded | Profiled | Done | Failed
Message = TypeVar("Message")


class _Envelope(Struct, Generic[Message]):
    message: Message
    payload_bytes: int = 0


class IpcError(Exception):
    """The bytes are not what the other side can have sent."""


def encode(message: ToWorker | FromWorker, payload_bytes: int = 0) -> bytes:
    """The header line of `message`; its payload of that many bytes is to follow it."""
    return msgspec.json.encode(_Envelope(message, payload_bytes)) + b"\n"


class Decoder(Generic[Message]):
    """Turns bytes, however they are split, into messages of one direction."""

    def __init__(
        self, header: msgspec.json.Decoder[_Envelope[Message]], max_payload_bytes: int = 0
    ) -> None:
        self._json = header
        self._max_payload_bytes = max_payload_bytes
        self._buffer = bytearray()
        self._scanned = 0
        self._header: _Envelope[Message] | None = None

    def feed(self, data: bytes) -> Iterator[tuple[Message, bytes]]:
        """Every message that `data` completes, with its payload.

        Raises:
            IpcError: a header that is not one of the expected messages, or one over the limits.
        """
        self._buffer += data
        while True:
            if self._header is None and not self._take_header():
                return
            header = self._header
            if header is None or len(self._buffer) < header.payload_bytes:
                return
            payload = bytes(memoryview(self._buffer)[: header.payload_bytes])
            del self._buffer[: header.payload_bytes]
            self._header = None
            yield header.message, payload

    def _take_header(self) -> bool:
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            if self._scanned > MAX_HEADER_BYTES:
                raise IpcError(f"a header of over {MAX_HEADER_BYTES} bytes")
            return False
        try:
            header = self._json.decode(memoryview(self._buffer)[:end])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise IpcError(f"not a message: {error}") from None
        if not 0 <= header.payload_bytes <= self._max_payload_bytes:
            raise IpcError(f"a payload of {header.payload_bytes} bytes")
        del self._buffer[: end + 1]
        self._scanned = 0
        self._header = header
        return True


def from_worker() -> Decoder[FromWorker]:
    """What the parent hears with: workers send no payloads."""
    return Decoder(msgspec.json.Decoder(_Envelope[FromWorker]))


def to_worker(max_payload_bytes: int) -> Decoder[ToWorker]:
    """What a worker hears with."""
    return Decoder(msgspec.json.Decoder(_Envelope[ToWorker]), max_payload_bytes)
