"""The built-in model's evaluation set, as plain faster-whisper hears it and as we do.

Needs the synthesizers and packages that packaging/selftest_model/README.md names, though not
torch. The speech is made once, in build/selftest-model.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from faster_whisper import WhisperModel

from sidecar.core.request import AudioSource, DecodingOptions, Transcription
from sidecar.core.timing import PhaseClock
from sidecar.worker.speech import SpeechModel
from tests.benchmark.figures import Figure
from tests.e2e.client import ROOT

sys.path.insert(0, str(ROOT / "packaging"))
SELFTEST = ROOT / "sidecar" / "assets" / "selftest"
POOLS = ROOT / "build" / "selftest-model" / "full" / "pools"
DENSE_S = (8, 22)
LONG_S = (70, 90)
Hear = Callable[[Any], str]


def measure() -> Iterator[Figure]:
    """Errors in percent, of words in English and of characters in Mandarin."""
    hearers = _hearers()
    for name, clips in _sets().items():
        errors = {hearer: _errors(hear, clips) for hearer, hear in hearers.items()}
        plain = errors.pop("plain")
        yield Figure(f"{name}, plain faster-whisper, errors", plain, "%")
        yield Figure(f"{name}, all defaults, errors", errors.pop("defaults"), "%", plain)
        for hearer, value in errors.items():
            yield Figure(f"{name}, {hearer}, errors", value, "%")


def _hearers() -> dict[str, Hear]:
    plain = WhisperModel(
        str(SELFTEST), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
    )
    ours = SpeechModel.load(SELFTEST, device="cpu", compute_type="int8", cpu_threads=1)

    def hear_plainly(audio: Any) -> str:
        segments, _ = plain.transcribe(audio, condition_on_previous_text=False)
        return "".join(segment.text for segment in segments)

    def hearing(**options: Any) -> Hear:
        asked = DecodingOptions(condition_on_previous_text=False, **options)
        job = Transcription(AudioSource(), options=asked)

        def hear(audio: Any) -> str:
            decoding = ours.transcribe(audio, job, clock=PhaseClock(time.perf_counter))
            return "".join(segment.text for segment in decoding)

        return hear

    return {
        "plain": hear_plainly,
        "defaults": hearing(),
        "encoder_context fit": hearing(encoder_context="fit"),
        "batch_size 4": hearing(batch_size=4),
    }


def _sets() -> dict[str, list[Any]]:
    from selftest_model import pool, testsets

    sets = {}
    for recipe in pool.measuring_recipes(1.0):
        utterances = pool.load(pool.ensure(recipe, Path(POOLS)))
        name = recipe.name.removeprefix("test-")
        sets[f"{name}, single utterances"] = testsets.singles(utterances, 300)
        if name.startswith("trained"):
            sets[f"{name}, single utterances, 20 dB noise"] = testsets.singles(utterances, 300, 20)
            sets[f"{name}, windows of 8-22 s"] = testsets.streams(utterances, 48, *DENSE_S)
        sets[f"{name}, 70-90 s"] = testsets.streams(utterances, 24, *LONG_S)
    return sets


def _errors(hear: Hear, clips: list[Any]) -> float:
    from selftest_model.scoring import ErrorRate

    rate = ErrorRate()
    for clip in clips:
        rate.add(clip.text, hear(clip.audio), clip.language)
    return float(rate.percent)
