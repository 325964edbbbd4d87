"""Where the speech is, by the detector that the request names."""

from collections.abc import Callable

from sidecar.audio import silero, webrtc
from sidecar.audio.pcm import Samples
from sidecar.audio.speech import Speech, TimeMap
from sidecar.core.request import VadOff, VadParams, VadWebrtc

__all__ = ["Speech", "TimeMap", "detect_speech"]


def detect_speech(
    samples: Samples, params: VadParams, check: Callable[[], None] = lambda: None
) -> tuple[Speech, ...] | None:
    """The spans of speech in (samples,) float32 at 16 kHz; None when detection is off.

    They are disjoint, in order and within the audio. What `check` raises is passed on.
    """
    if isinstance(params, VadOff):
        return None
    if isinstance(params, VadWebrtc):
        return webrtc.detect(samples, params, check)
    return silero.detect(samples, params, check)
