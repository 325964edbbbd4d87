"""What decoding spares itself, over the wire."""

import soundfile

from tests.e2e.client import Client
from tests.e2e.jobs import ASSETS, pcm16

SAMPLE = {"path": str(ASSETS / "sample.flac")}


def test_a_fitting_context_is_asked_for_and_reported() -> None:
    with Client() as client:
        full = client.call("transcribe", {"audio": SAMPLE})
        fit = client.call(
            "transcribe",
            {"audio": SAMPLE, "options": {"encoder_context": "fit"}, "profile": True},
        )
    assert fit["text"] == full["text"]
    assert fit["windows"][0]["attempts"][0]["context_s"] < 13
    assert fit["windows"][0]["encoding_reused"] is True


def test_a_batch_streams_its_segments_in_input_time() -> None:
    with Client("--batch-size", "4") as client:
        client.call("initialize")
        result = client.call(
            "transcribe",
            {"audio": SAMPLE, "vad": {"engine": "silero"}, "stream": True, "profile": True},
        )
        told = [
            one.message["params"]["segment"]
            for one in client.messages
            if one.message.get("method") == "job/segment"
        ]
    assert told == result["segments"]
    assert result["text"].startswith("good morning computer.")
    assert result["speech"]
    assert 0.0 <= told[0]["start"] < 1.0


def test_a_batch_tells_of_each_of_its_windows() -> None:
    samples, rate_hz = soundfile.read(SAMPLE["path"], dtype="int16")
    long = pcm16(samples.tobytes() * 9, rate_hz)
    with Client("--batch-size", "2") as client:
        result = client.call("transcribe", {"audio": long, "profile": True})
    assert len(result["windows"]) > 2
    assert all(len(window["attempts"]) == 1 for window in result["windows"])


def test_what_a_batch_does_not_honour_is_refused_by_name() -> None:
    with Client() as client:
        options = {"batch_size": 2, "prefix": "well"}
        error = client.fail("transcribe", {"audio": SAMPLE, "options": options})
    assert error["code"] == -32602
    assert error["data"]["path"] == "options.prefix"
