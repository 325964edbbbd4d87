"""The jobs that the tests ask for: what is sent, and what is expected of it."""

import array
import base64
import json
import math
from typing import Any

from tests.e2e.client import ROOT

ASSETS = ROOT / "sidecar" / "assets"
SAMPLE = ASSETS / "sample.flac"
SAMPLE_ZH = ASSETS / "sample-zh.flac"
EXPECTED: dict[str, Any] = json.loads((ASSETS / "sample.json").read_text("utf-8"))
EXPECTED_ZH: dict[str, Any] = json.loads((ASSETS / "sample-zh.json").read_text("utf-8"))
RATE_HZ = 16_000


def sample(**more: object) -> dict[str, Any]:
    """The built-in sample, its language given."""
    return {"audio": {"path": str(SAMPLE)}, "language": "en", **more}


def slow(**more: object) -> dict[str, Any]:
    """The sample, made to take minutes of native decoding within its one window.

    Every attempt is rejected, and each decodes a hundred hypotheses side by side for about a
    second without a look at anything else.
    """
    options = {
        "beam_size": 100,
        "best_of": 100,
        "temperature": [0.0, *[1.0] * 200],
        "log_prob_threshold": 0,
        "compression_ratio_threshold": 0.01,
        "no_speech_threshold": None,
    }
    return {**sample(options=options), **more}


def patient(**more: object) -> dict[str, Any]:
    """As slow, but in steps of some hundredths of a second: it sees a cancel soon."""
    options = {**slow()["options"], "beam_size": 2, "best_of": 2, "temperature": [1.0] * 5000}
    return {**sample(options=options), **more}


def pcm16(samples: bytes, rate_hz: int = RATE_HZ) -> dict[str, Any]:
    """Raw samples as they go into a request."""
    data = base64.b64encode(samples).decode()
    return {"data": data, "format": "pcm16", "sample_rate": rate_hz}


def silence(seconds: float) -> dict[str, Any]:
    """Nothing to hear."""
    return pcm16(bytes(2 * int(seconds * RATE_HZ)))


def tone(seconds: float, hertz: float = 440.0) -> dict[str, Any]:
    """A sine at a tenth of full scale."""
    count = int(seconds * RATE_HZ)
    step = 2 * math.pi * hertz / RATE_HZ
    samples = array.array("h", (int(3276 * math.sin(step * n)) for n in range(count)))
    return pcm16(samples.tobytes())
