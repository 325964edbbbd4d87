"""`transcribe` through the sidecar against faster-whisper called directly, taking turns."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from faster_whisper import WhisperModel

from tests.benchmark.figures import Figure, median
from tests.e2e.client import ROOT, Client

SAMPLE = ROOT / "sidecar" / "assets" / "sample.flac"
SELFTEST = ROOT / "sidecar" / "assets" / "selftest"
TOKENS = 44
"""What 11 s of speech have; a random model would run on to its limit."""
PROMPT_TOKENS = 3
ROUNDS = 25


def measure(base_model: Path) -> Iterator[Figure]:
    """Both models, with the language given and detected."""
    given = {"language": "en", "beam_size": 5}
    sidecar, direct = _compare(SELFTEST, given, {})
    yield Figure("11 s sample, language given, ratio to direct", sidecar / direct, "x", 1.05)
    yield Figure("the same, difference", (sidecar - direct) * 1000, "ms", 5)
    sidecar, direct = _compare(SELFTEST, {"beam_size": 5}, {})
    yield Figure("11 s sample, language detected, ratio to direct", sidecar / direct, "x")
    for beam_size in (1, 5):
        options = {"beam_size": beam_size, "temperature": 0.0}
        sidecar, direct = _compare(base_model, options, {"max_new_tokens": TOKENS})
        name = f"base size, beam {beam_size}, language detected, ratio to direct"
        yield Figure(name, sidecar / direct, "x", 0.65)


def _compare(model: Path, options: dict[str, Any], bound: dict[str, int]) -> tuple[float, float]:
    """Median seconds through the sidecar and directly; the texts must be identical."""
    threads = psutil.cpu_count(logical=False) or 1
    plain = WhisperModel(str(model), device="cpu", cpu_threads=threads, local_files_only=True)
    params = {
        "audio": {"path": str(SAMPLE)},
        "language": options.get("language", "auto"),
        "options": {k: v for k, v in options.items() if k != "language"} | bound,
    }
    # CTranslate2 gives half of what faster-whisper asks for: so that both decode as much.
    doubled = {name: 2 * count - PROMPT_TOKENS for name, count in bound.items()}
    direct, sidecar = [], []
    with Client(model=str(model)) as client:
        client.ready()
        for _ in range(ROUNDS):
            began_s = time.monotonic()
            segments, _ = plain.transcribe(str(SAMPLE), **options, **doubled)
            text = "".join(segment.text for segment in segments).strip()
            direct.append(time.monotonic() - began_s)
            id, sent_s = client.timed_request("transcribe", params)
            answer = client.answer(id)
            sidecar.append(answer.at_s - sent_s)
            if answer.message["result"]["text"] != text:
                raise AssertionError(f"not the same text: {text!r}")
    return median(sidecar), median(direct)
