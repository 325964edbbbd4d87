"""What decoding spares, all together and each thing by itself, against plain faster-whisper.

The same loaded model, audio, options and threads, taking turns in one process. The model is a
randomly initialised one of base size, whose texts are noise: for speech both are held to the
tokens that speech has, without thresholds, which no such text would pass. On noise, with the
default options, it repeats itself at temperature 0 and is improbable at the others, so that
plain faster-whisper goes through its whole ladder.
"""

import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile
from faster_whisper import BatchedInferencePipeline, WhisperModel

from sidecar.audio.vad import TimeMap, detect_speech
from sidecar.core.request import AudioSource, DecodingOptions, Transcription, VadSilero
from sidecar.core.result import ModelInfo
from sidecar.core.thrift import Thrift
from sidecar.core.timing import PhaseClock
from sidecar.worker.speech import Samples, SpeechModel
from tests.benchmark.figures import Figure, median
from tests.e2e.client import ROOT, Client

SAMPLE = ROOT / "sidecar" / "assets" / "sample.flac"
RATE_HZ = 16_000
TOKENS_PER_S = 4
PROMPT_TOKENS = 3
ROUNDS = 9
LOOP_ROUNDS = 5
DEADLINE_RUNS = 100
LONG_ROUNDS = 3
BATCH_SIZE = 8
RUNGS = 6
PAUSE_S = 1.0
LONG_S = 600
GREEDY: dict[str, Any] = {
    "beam_size": 1,
    "temperature": 0.0,
    "compression_ratio_threshold": None,
    "log_prob_threshold": None,
    "no_speech_threshold": None,
}
Timed = Callable[[], float]


def measure(base_model: Path, folder: Path) -> Iterator[Figure]:
    """The figures of speech, of a looping input, of a deadline, and of long audio."""
    threads = psutil.cpu_count(logical=False) or 1
    plain = WhisperModel(str(base_model), device="cpu", cpu_threads=threads, local_files_only=True)
    speech, rate = soundfile.read(SAMPLE, dtype="float32")
    assert rate == RATE_HZ
    yield from _speech(plain, np.asarray(speech, np.float32))
    plain_s = yield from _looping(plain)
    yield from _deadline(base_model, folder, plain_s)
    yield from _long(plain, np.asarray(speech, np.float32))


def noise(seconds: int) -> Samples:
    """White noise, always the same."""
    drawn = np.random.default_rng(0).standard_normal(seconds * RATE_HZ)
    return (0.1 * drawn).astype(np.float32)


def _speech(plain: Any, speech: Samples) -> Iterator[Figure]:
    for seconds in (11, 5, 2):
        audio = speech[: seconds * RATE_HZ]
        tokens = seconds * TOKENS_PER_S
        theirs = _plainly(plain, audio, max_new_tokens=2 * tokens - PROMPT_TOKENS, **GREEDY)
        ours = {
            "reuse_encoding alone": (_only(reuse_encoding=True), {}, None),
            "all defaults": (Thrift(), {}, 0.65 if seconds == 11 else None),
            "encoder_context fit": (Thrift(), {"encoder_context": "fit"}, 0.2),
        }
        for name, (thrift, options, goal) in ours.items():
            mine = _sparingly(plain, audio, thrift, max_new_tokens=tokens, **GREEDY, **options)
            ratio = _ratio(mine, theirs, ROUNDS)[0]
            goal = None if seconds == 11 and options else goal
            yield Figure(f"{seconds} s of speech, greedy, detected, {name}", ratio, "x", goal)


def _looping(plain: Any) -> Generator[Figure, None, float]:
    plain_s = 0.0
    for seconds in (2, 11):
        audio = noise(seconds)
        _require_whole_ladder(plain, audio)
        ours = {
            "bound_tokens alone": (_only(bound_tokens=True), None),
            "stop_loops alone": (_only(stop_loops=True), None),
            "all defaults": (Thrift(), 0.4 if seconds == 11 else None),
        }
        for name, (thrift, goal) in ours.items():
            mine = _sparingly(plain, audio, thrift)
            ratio, plain_s = _ratio(mine, _plainly(plain, audio), LOOP_ROUNDS)
            yield Figure(f"{seconds} s of noise, default ladder, {name}", ratio, "x", goal)
    return plain_s


def _require_whole_ladder(plain: Any, audio: Samples) -> None:
    """That plain faster-whisper tries every temperature on it, which is what is to be spared."""
    native = plain.model
    asked: list[float] = []

    class Counted:
        def __getattr__(self, name: str) -> Any:
            return getattr(native, name)

        def generate(self, *args: Any, **kwargs: Any) -> Any:
            asked.append(kwargs.get("sampling_temperature", 0.0))
            return native.generate(*args, **kwargs)

    plain.model = Counted()
    try:
        list(plain.transcribe(audio)[0])
    finally:
        plain.model = native
    if asked[:RUNGS] != list(DecodingOptions().temperatures):
        raise AssertionError(f"not the whole ladder: {asked}")


def _deadline(base_model: Path, folder: Path, plain_s: float) -> Iterator[Figure]:
    """Through the sidecar, with a third of the time that plain faster-whisper takes."""
    path = folder / "noise.wav"
    soundfile.write(path, noise(11), RATE_HZ, subtype="FLOAT")
    job = {"audio": {"path": str(path)}, "timeout_s": plain_s / 3}
    in_time = 0
    with Client(model=str(base_model)) as client:
        client.ready()
        for _ in range(DEADLINE_RUNS):
            id, sent_s = client.timed_request("transcribe", job)
            answer = client.answer(id)
            result = answer.message.get("result", {})
            is_in_time = answer.at_s - sent_s <= plain_s / 3
            in_time += bool(is_in_time and result.get("degraded"))
    name = "11 s of noise in a third of plain's time: complete, degraded, in time"
    yield Figure(name, in_time, f"of {DEADLINE_RUNS}", 95, at_least=True)


def _long(plain: Any, speech: Samples) -> Iterator[Figure]:
    pause = np.zeros(int(PAUSE_S * RATE_HZ), np.float32)
    piece = np.concatenate([speech, pause])
    audio = np.tile(piece, LONG_S * RATE_HZ // len(piece) + 1)[: LONG_S * RATE_HZ]
    tokens = 30 * TOKENS_PER_S
    vad = VadSilero(min_silence_duration_ms=160, max_speech_duration_s=30)

    def theirs() -> float:
        began_s = time.monotonic()
        segments, _ = BatchedInferencePipeline(plain).transcribe(
            audio,
            batch_size=BATCH_SIZE,
            without_timestamps=False,
            beam_size=1,
            max_new_tokens=2 * tokens - PROMPT_TOKENS,
        )
        list(segments)
        return time.monotonic() - began_s

    model = SpeechModel(plain, INFO)
    options = DecodingOptions(batch_size=BATCH_SIZE, beam_size=1, max_new_tokens=tokens)
    job = Transcription(AudioSource(), vad=vad, options=options)

    def ours() -> float:
        began_s = time.monotonic()
        spans = detect_speech(audio, vad)
        assert spans
        lengths = [span.end_sample - span.start_sample for span in spans]
        samples = TimeMap(spans).cut(audio)
        list(model.transcribe(samples, job, clock=PhaseClock(time.monotonic), stretches=lengths))
        return time.monotonic() - began_s

    ratio = _ratio(ours, theirs, LONG_ROUNDS)[0]
    yield Figure("10 min of speech in batches, ratio to faster-whisper's own", ratio, "x", 1.02)


INFO = ModelInfo("base", "", "cpu", "float32")


def _only(**spared: bool) -> Thrift:
    return Thrift(**{**dict.fromkeys(Thrift.__struct_fields__, False), **spared})


def _plainly(plain: Any, audio: Samples, **options: Any) -> Timed:
    def once() -> float:
        began_s = time.monotonic()
        list(plain.transcribe(audio, **options)[0])
        return time.monotonic() - began_s

    return once


def _sparingly(plain: Any, audio: Samples, thrift: Thrift, **options: Any) -> Timed:
    model = SpeechModel(plain, INFO, thrift)
    job = Transcription(AudioSource(), options=DecodingOptions(**options))

    def once() -> float:
        began_s = time.monotonic()
        list(model.transcribe(audio, job, clock=PhaseClock(time.monotonic)))
        return time.monotonic() - began_s

    return once


def _ratio(ours: Timed, theirs: Timed, rounds: int) -> tuple[float, float]:
    """Of the medians, taking turns; and theirs in seconds."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    mine, plain = (median(times) for times in zip(*pairs, strict=True))
    return mine / plain, plain
