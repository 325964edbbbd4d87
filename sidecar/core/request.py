"""What a `transcribe` request asks for."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

PositiveInt = Annotated[int, Meta(ge=1)]
NonNegativeInt = Annotated[int, Meta(ge=0)]
PositiveFloat = Annotated[float, Meta(gt=0)]
NonNegativeFloat = Annotated[float, Meta(ge=0)]
Probability = Annotated[float, Meta(ge=0, le=1)]
Temperature = Annotated[float, Meta(ge=0, le=2)]
LanguageCode = Annotated[str, Meta(min_length=2, max_length=8)]
SampleRate = Annotated[int, Meta(ge=1000, le=768_000)]
ChannelCount = Annotated[int, Meta(ge=1, le=64)]
Patience = Annotated[float, Meta(gt=0, le=100)]
Prompt = Annotated[str, Meta(max_length=16_384)]

MAX_TOKENS = 448
"""The positions that a Whisper decoder has."""

AudioFormat = Literal["pcm16", "f32", "file"]
Task = Literal["transcribe", "translate"]
EncoderContext = Literal["full", "fit"]
BatchSize = Annotated[int, Meta(ge=1, le=128)]


class AudioSource(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the audio comes from: the file at `path`, or else the bytes sent along.

    `pcm16` and `f32` are raw little-endian interleaved samples of `sample_rate` hertz and
    `channels`; `file` is the content of a file of any format.
    """

    path: str | None = None
    format: AudioFormat = "file"
    sample_rate: SampleRate = 16_000
    channels: ChannelCount = 1


OWN_OPTIONS = frozenset(("encoder_context", "batch_size"))
"""Decoding options that faster-whisper's `WhisperModel.transcribe` does not know."""


class DecodingOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Whisper decoding, by the names and with the defaults of faster-whisper's `transcribe`.

    `encoder_context` and `batch_size` are this program's own.
    """

    beam_size: Annotated[int, Meta(ge=1, le=100)] = 5
    best_of: Annotated[int, Meta(ge=1, le=100)] = 5
    patience: Patience = 1.0
    length_penalty: Annotated[float, Meta(ge=-10, le=10)] = 1.0
    repetition_penalty: Annotated[float, Meta(ge=0.01, le=100)] = 1.0
    no_repeat_ngram_size: Annotated[int, Meta(ge=0, le=MAX_TOKENS)] = 0
    temperature: Temperature | Annotated[tuple[Temperature, ...], Meta(min_length=1)] = (
        0.0,
        0.2,
        0.4,
        0.6,
        0.8,
        1.0,
    )
    compression_ratio_threshold: PositiveFloat | None = 2.4
    log_prob_threshold: float | None = -1.0
    no_speech_threshold: Probability | None = 0.6
    condition_on_previous_text: bool = True
    prompt_reset_on_temperature: NonNegativeFloat = 0.5
    initial_prompt: Prompt | None = None
    prefix: Prompt | None = None
    hotwords: Prompt | None = None
    suppress_blank: bool = True
    suppress_tokens: tuple[int, ...] = (-1,)
    without_timestamps: bool = False
    max_initial_timestamp: Annotated[float, Meta(ge=0, le=30)] = 1.0
    word_timestamps: bool = False
    prepend_punctuations: str = "\"'“¿([{-"
    append_punctuations: str = "\"'.。,，!！?？:：”)]}、"
    multilingual: bool = False
    max_new_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    clip_timestamps: tuple[NonNegativeFloat, ...] = (0.0,)
    hallucination_silence_threshold: PositiveFloat | None = None
    language_detection_threshold: Probability = 0.5
    language_detection_segments: PositiveInt = 1
    encoder_context: EncoderContext = "full"
    """`fit`: the encoder sees the audio of a window and a margin, not 30 s."""
    batch_size: BatchSize = 1
    """Above 1: stretches of speech are decoded so many at a time."""

    @property
    def temperatures(self) -> tuple[float, ...]:
        """The temperatures to try, in order."""
        return self.temperature if isinstance(self.temperature, tuple) else (self.temperature,)


class VadOff(Struct, frozen=True, forbid_unknown_fields=True, tag_field="engine", tag="off"):
    """All of the audio is transcribed."""


class VadWebrtc(Struct, frozen=True, forbid_unknown_fields=True, tag_field="engine", tag="webrtc"):
    """The voice activity detector of WebRTC, frame by frame, with hysteresis.

    Speech begins when `onset_ratio` of the frames in a sliding window of `window_ms` are
    voiced, and ends when no more than `offset_ratio` are.
    """

    aggressiveness: Annotated[int, Meta(ge=0, le=3)] = 2
    frame_ms: Literal[10, 20, 30] = 30
    window_ms: Annotated[int, Meta(ge=30, le=5000)] = 300
    onset_ratio: Annotated[float, Meta(gt=0, le=1)] = 0.8
    offset_ratio: Annotated[float, Meta(ge=0, lt=1)] = 0.2
    min_speech_ms: NonNegativeInt = 90
    min_silence_ms: NonNegativeInt = 300
    padding_ms: NonNegativeInt = 300


class VadSilero(Struct, frozen=True, forbid_unknown_fields=True, tag_field="engine", tag="silero"):
    """Silero's voice activity detector, by the names and defaults of faster-whisper."""

    threshold: Probability = 0.5
    neg_threshold: Probability | None = None
    min_speech_duration_ms: NonNegativeInt = 0
    max_speech_duration_s: PositiveFloat | None = None
    min_silence_duration_ms: NonNegativeInt = 2000
    speech_pad_ms: NonNegativeInt = 400


VadParams = VadOff | VadWebrtc | VadSilero


class Transcription(Struct, frozen=True):
    """All that the worker needs to know about one job, apart from its time."""

    audio: AudioSource
    language: LanguageCode | None = None
    """None: detected."""
    languages: tuple[LanguageCode, ...] = ()
    """Detection picks among these only; empty: among all."""
    task: Task = "transcribe"
    options: DecodingOptions = DecodingOptions()
    vad: VadParams = VadOff()
    profile: bool = False
    functions: bool = False
    """Time the worker's Python functions as well, which slows them down."""
