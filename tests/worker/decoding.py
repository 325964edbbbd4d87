"""Starting jobs on a model directly."""

import time
from typing import Any

from sidecar.core.request import AudioSource, DecodingOptions, Transcription
from sidecar.core.timing import PhaseClock
from sidecar.worker.speech import Decoding, Samples, SpeechModel


def start(
    model: SpeechModel,
    samples: Samples,
    *,
    language: str | None = None,
    languages: tuple[str, ...] = (),
    watch: dict[str, Any] | None = None,
    **options: Any,
) -> Decoding:
    asked = Transcription(
        AudioSource(),
        language=language,
        languages=languages,
        options=DecodingOptions(**options),
        profile=True,
    )
    return model.transcribe(
        samples, asked, **{"clock": PhaseClock(time.perf_counter)} | (watch or {})
    )


def text(decoding: Decoding) -> str:
    return "".join(segment.text for segment in decoding)
