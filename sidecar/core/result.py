"""What a transcription yields. All times are seconds of the input audio."""

from msgspec import Struct

from sidecar.core.integer import Count
from sidecar.core.timing import Timings


class Span(Struct, frozen=True):
    """A stretch of audio, in seconds."""

    start: float
    end: float


class Word(Struct, frozen=True):
    """A word, its time, and the probability the model gave it."""

    start: float
    end: float
    word: str
    probability: float


class Segment(Struct, frozen=True, omit_defaults=True):
    """A segment as Whisper delimits it, with the figures of the attempt that yielded it."""

    id: Count
    start: float
    end: float
    text: str
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    temperature: float
    words: tuple[Word, ...] | None = None


class Attempt(Struct, frozen=True):
    """One decoding of one window, and why it was accepted or rejected.

    It began `at_s` seconds after the request was read.
    """

    at_s: float
    temperature: float
    beam_size: Count
    context_s: float
    """What the encoder saw: the audio and its padding."""
    tokens: Count
    max_tokens: Count
    generate_s: float
    avg_logprob: float
    compression_ratio: float
    verdict: str


class Window(Struct, frozen=True):
    """One window of at most 30 s and what was spent on it.

    `start_s` and `end_s` are its place in the audio; its encoder pass began `at_s` seconds after
    the request was read.
    """

    start_s: float
    end_s: float
    at_s: float
    encode_s: float
    encoding_reused: bool
    """The pass was the language detection's."""
    align_s: float
    attempts: tuple[Attempt, ...]


class FunctionCost(Struct, frozen=True):
    """A Python function of the worker: its calls, and its seconds without and with its callees."""

    name: str
    calls: Count
    own_s: float
    cumulative_s: float


class ModelInfo(Struct, frozen=True):
    """The model that is loaded."""

    name: str
    path: str
    device: str
    compute_type: str


class Transcript(Struct, frozen=True, omit_defaults=True):
    """A complete transcription, as the worker delivers it."""

    text: str
    language: str | None
    language_probability: float | None
    language_probabilities: dict[str, float]
    segments: tuple[Segment, ...]
    duration_s: float
    speech: tuple[Span, ...] | None
    """None: no voice activity detection was asked for."""
    duration_after_vad_s: float
    timings: Timings
    warnings: tuple[str, ...]
    degraded: bool
    functions: tuple[FunctionCost, ...] = ()
    """The costliest ones first; empty unless asked for."""
