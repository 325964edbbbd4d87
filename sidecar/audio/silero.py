"""Silero's voice activity detector, as faster-whisper ships it."""

from collections.abc import Callable
from math import inf

from sidecar.audio.pcm import SAMPLE_RATE_HZ, Samples
from sidecar.audio.speech import Speech
from sidecar.core.request import VadSilero


def detect(samples: Samples, params: VadSilero, check: Callable[[], None]) -> tuple[Speech, ...]:
    """Spans of speech in (samples,) float32 at 16 kHz: disjoint, in order, within the audio.

    The network runs over all of the audio in one call: `check` is called before and after.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    check()
    if not len(samples):
        return ()
    options = VadOptions(
        threshold=params.threshold,
        neg_threshold=params.neg_threshold,
        min_speech_duration_ms=params.min_speech_duration_ms,
        max_speech_duration_s=(
            inf if params.max_speech_duration_s is None else params.max_speech_duration_s
        ),
        min_silence_duration_ms=params.min_silence_duration_ms,
        speech_pad_ms=params.speech_pad_ms,
    )
    found = get_speech_timestamps(samples, options, SAMPLE_RATE_HZ)
    check()
    spans = (Speech(int(span["start"]), min(int(span["end"]), len(samples))) for span in found)
    return tuple(span for span in spans if span.start_sample < span.end_sample)
