"""The voice activity detector of WebRTC, through https://github.com/wiseman/py-webrtcvad."""

from collections.abc import Callable, Iterator
from math import ceil

import numpy as np

from sidecar.audio.hysteresis import Hysteresis, speech_spans
from sidecar.audio.pcm import SAMPLE_RATE_HZ, Samples
from sidecar.audio.speech import Speech
from sidecar.core.request import VadWebrtc

_FRAMES_PER_BLOCK = 1000


def detect(samples: Samples, params: VadWebrtc, check: Callable[[], None]) -> tuple[Speech, ...]:
    """Spans of speech in (samples,) float32 at 16 kHz: disjoint, in order, within the audio.

    `check` is called every 1000 frames; what it raises is passed on.
    """
    frame_samples = SAMPLE_RATE_HZ * params.frame_ms // 1000
    voiced = list(_voiced(samples, frame_samples, params.aggressiveness, check))
    return tuple(
        Speech(start * frame_samples, min(end * frame_samples, len(samples)))
        for start, end in speech_spans(voiced, _rule(params))
    )


def _rule(params: VadWebrtc) -> Hysteresis:
    def frames(duration_ms: int) -> int:
        return ceil(duration_ms / params.frame_ms)

    return Hysteresis(
        window=frames(params.window_ms),
        onset_ratio=params.onset_ratio,
        offset_ratio=params.offset_ratio,
        min_speech=frames(params.min_speech_ms),
        min_silence=frames(params.min_silence_ms),
        padding=frames(params.padding_ms),
    )


def _voiced(
    samples: Samples, frame_samples: int, aggressiveness: int, check: Callable[[], None]
) -> Iterator[bool]:
    import webrtcvad

    vad = webrtcvad.Vad(aggressiveness)
    frame_bytes = 2 * frame_samples
    step = _FRAMES_PER_BLOCK * frame_samples
    for start in range(0, len(samples), step):
        check()
        block = _as_pcm16(samples[start : start + step], frame_samples)
        for offset in range(0, len(block), frame_bytes):
            # A slice of a memoryview is not copied.
            yield vad.is_speech(block[offset : offset + frame_bytes], SAMPLE_RATE_HZ)


def _as_pcm16(samples: Samples, frame_samples: int) -> memoryview:
    """The bytes of 16-bit samples, filled up with silence to whole frames."""
    whole = np.zeros(-(-len(samples) // frame_samples) * frame_samples, dtype=np.int16)
    # Clipped: a cast would wrap around. The detector takes samples in the machine's order.
    whole[: len(samples)] = np.clip(samples, -1.0, 1.0) * np.float32(32767)
    return whole.data.cast("B")
