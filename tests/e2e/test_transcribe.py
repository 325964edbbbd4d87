"""What a transcription yields, of real audio by the real model."""

import base64
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.breakable import posix
from tests.e2e.client import Client, error_of
from tests.e2e.jobs import EXPECTED, EXPECTED_ZH, SAMPLE, SAMPLE_ZH, pcm16, sample, silence, tone

TIME_S = 0.15


def assert_times(segments: Sequence[Any], expected: Sequence[Any]) -> None:
    assert len(segments) == len(expected)
    for one, other in zip(segments, expected, strict=True):
        assert one["text"].strip() == other["text"]
        assert one["start"] == pytest.approx(other["start"], abs=TIME_S)
        assert one["end"] == pytest.approx(other["end"], abs=TIME_S)


def decoded() -> tuple[bytes, int]:
    """The sample as raw 16 bit mono, and its rate."""
    import soundfile

    samples, rate_hz = soundfile.read(SAMPLE, dtype="int16")
    return samples.tobytes(), int(rate_hz)


def wav(samples: bytes, rate_hz: int) -> bytes:
    """A file of 16 bit mono."""
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16)
    head += struct.pack("<HHIIHH4sI", 1, 1, rate_hz, 2 * rate_hz, 2, 16, b"data", len(samples))
    return head + samples


@pytest.mark.smoke
def test_the_sample_is_transcribed_exactly(shared: Client) -> None:
    result = shared.call("transcribe", {"audio": {"path": str(SAMPLE)}})
    assert result["text"] == EXPECTED["text"]
    assert result["language"] == "en"
    assert_times(result["segments"], EXPECTED["segments"])
    assert [segment["id"] for segment in result["segments"]] == [1, 2, 3, 4, 5]
    assert result["duration_s"] == result["duration_after_vad_s"] == EXPECTED["duration_s"]
    assert result["speech"] is None
    assert result["warnings"] == []
    assert result["degraded"] is False


@pytest.mark.smoke
def test_the_other_language_is_detected_and_transcribed_exactly(shared: Client) -> None:
    result = shared.call("transcribe", {"audio": {"path": str(SAMPLE_ZH)}})
    assert result["text"] == EXPECTED_ZH["text"]
    assert result["language"] == "zh"
    assert_times(result["segments"], EXPECTED_ZH["segments"])


def test_the_probabilities_of_all_languages_are_there(shared: Client) -> None:
    result = shared.call("transcribe", {"audio": {"path": str(SAMPLE)}})
    probabilities = result["language_probabilities"]
    assert len(probabilities) > 90
    assert sum(probabilities.values()) == pytest.approx(1.0, abs=1e-3)
    assert probabilities["en"] == result["language_probability"] == max(probabilities.values())


def test_detection_picks_among_the_languages_asked_for(shared: Client) -> None:
    result = shared.call("transcribe", {"audio": {"path": str(SAMPLE)}, "languages": ["zh", "ja"]})
    assert result["language"] in ("zh", "ja")
    assert len(result["language_probabilities"]) > 90


def test_a_language_detected_or_given_yields_the_same_text(shared: Client) -> None:
    detected = shared.call("transcribe", {"audio": {"path": str(SAMPLE)}})
    given = shared.call("transcribe", sample())
    assert detected["segments"] == given["segments"]
    assert given["timings"]["language_s"] == 0.0


def test_the_timings_add_up(shared: Client) -> None:
    id, sent_s = shared.timed_request("transcribe", sample(profile=True))
    arrived = shared.answer(id)
    result = arrived.message["result"]
    timings = result["timings"]
    inner = sum(value for name, value in timings.items() if name not in ("segments_s", "total_s"))
    assert inner == pytest.approx(timings["total_s"], abs=0.02)
    assert 0 < timings["generate_s"] <= timings["segments_s"] <= timings["total_s"]
    assert timings["total_s"] <= arrived.at_s - sent_s
    (window,) = result["windows"]
    assert window["start_s"] == 0.0
    assert window["end_s"] == pytest.approx(EXPECTED["duration_s"], abs=0.01)
    assert [attempt["verdict"] for attempt in window["attempts"]] == ["accepted"]


def test_the_worker_and_the_model_are_named(shared: Client) -> None:
    first, second = (shared.call("transcribe", sample()) for _ in range(2))
    assert first["model"]["name"] == "selftest"
    assert first["model"]["device"] in ("cpu", "cuda")
    assert first["worker"]["pid"] == second["worker"]["pid"] == shared.worker_pid()
    assert second["worker"]["job_index"] == first["worker"]["job_index"] + 1
    assert second["worker"]["uptime_s"] > first["worker"]["uptime_s"]


def test_a_job_bears_the_names_that_it_was_given(shared: Client) -> None:
    result = shared.call("transcribe", sample(job_id="mine", trace_id="theirs"))
    assert (result["job_id"], result["trace_id"]) == ("mine", "theirs")


def test_a_stream_tells_of_everything_before_the_reply(shared: Client) -> None:
    after = len(shared.messages)
    id = shared.request("transcribe", sample(stream=True, job_id="streamed", workDoneToken="t"))
    result = shared.answer(id).message["result"]
    seen = [one.message for one in shared.messages[after:]]
    reply = next(at for at, one in enumerate(seen) if one.get("id") == id)
    told = [one for one in seen[:reply] if one["method"].startswith("job/")]
    assert told[0]["method"] == "job/started"
    assert {one["params"]["job_id"] for one in told} == {"streamed"}
    segments = [one["params"]["segment"] for one in told if one["method"] == "job/segment"]
    assert segments == result["segments"]
    fractions = [one["params"]["fraction"] for one in told if one["method"] == "job/progress"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    work = [one["params"] for one in seen[:reply] if one["method"] == "$/progress"]
    assert {one["token"] for one in work} == {"t"}
    kinds = [one["value"]["kind"] for one in work]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    assert set(kinds[1:-1]) == {"report"}
    assert [one for one in seen[reply + 1 :] if one.get("method", "").startswith("job/")] == []


def test_who_does_not_ask_for_a_stream_is_told_nothing(shared: Client) -> None:
    after = len(shared.messages)
    shared.call("transcribe", sample())
    told = {one.message.get("method") for one in shared.messages[after:]}
    assert told <= {None, "worker/state"}


def test_the_audio_may_come_along_in_any_of_the_formats(shared: Client) -> None:
    samples, rate_hz = decoded()
    floats = [value / 32768 for (value,) in struct.iter_unpack("<h", samples)]
    f32 = struct.pack(f"<{len(floats)}f", *floats)
    stereo = b"".join(samples[at : at + 2] * 2 for at in range(0, len(samples), 2))
    for data, format, more in (
        (samples, "pcm16", {"sample_rate": rate_hz}),
        (f32, "f32", {"sample_rate": rate_hz, "channels": 1}),
        (stereo, "pcm16", {"sample_rate": rate_hz, "channels": 2}),
        (SAMPLE.read_bytes(), "file", {}),
        (wav(samples, rate_hz), "file", {}),
    ):
        audio = {"data": base64.b64encode(data).decode(), "format": format, **more}
        result = shared.call("transcribe", sample(audio=audio))
        assert result["text"] == EXPECTED["text"]
        assert result["duration_s"] == pytest.approx(EXPECTED["duration_s"], abs=0.001)


@pytest.mark.smoke
def test_words_have_times_within_the_audio(shared: Client) -> None:
    result = shared.call("transcribe", sample(options={"word_timestamps": True}))
    assert result["text"] == EXPECTED["text"]
    assert result["timings"]["align_s"] > 0
    for segment in result["segments"]:
        assert "".join(word["word"] for word in segment["words"]) == segment["text"]
        for word in segment["words"]:
            assert 0 <= word["start"] <= word["end"] <= EXPECTED["duration_s"]
            assert 0 <= word["probability"] <= 1


@pytest.mark.smoke
@pytest.mark.parametrize("engine", ["webrtc", "silero"])
def test_times_are_of_the_input_whatever_was_cut_away(shared: Client, engine: str) -> None:
    # Silence in front: what is cut must not shift the times.
    samples, rate_hz = decoded()
    shifted = pcm16(bytes(2 * rate_hz * 5) + samples, rate_hz)
    result = shared.call("transcribe", sample(audio=shifted, vad={"engine": engine}))
    assert result["text"] == EXPECTED["text"]
    first, last = result["segments"][0], result["segments"][-1]
    assert first["start"] == pytest.approx(5 + EXPECTED["segments"][0]["start"], abs=0.3)
    assert last["end"] == pytest.approx(5 + EXPECTED["segments"][-1]["end"], abs=0.3)
    assert result["speech"][0]["start"] == pytest.approx(5.0, abs=0.8)
    assert result["duration_s"] == pytest.approx(5 + EXPECTED["duration_s"], abs=0.001)
    assert result["duration_after_vad_s"] < result["duration_s"] - 3


@pytest.mark.parametrize("engine", ["webrtc", "silero"])
def test_audio_without_speech_is_answered_without_the_model(shared: Client, engine: str) -> None:
    result = shared.call("transcribe", {"audio": silence(20), "vad": {"engine": engine}})
    assert result["text"] == ""
    assert result["segments"] == result["speech"] == []
    assert engine in result["warnings"][0]
    assert result["timings"]["encode_s"] == result["timings"]["generate_s"] == 0.0


@pytest.mark.parametrize("audio", [silence(5), tone(5)], ids=["silence", "tone"])
def test_what_is_no_speech_gives_no_text(shared: Client, audio: dict[str, Any]) -> None:
    assert shared.call("transcribe", {"audio": audio})["text"] == ""


@pytest.mark.parametrize(
    ("wrong", "path", "hint"),
    [
        ({"options": {"beam_sise": 3}}, "options.beam_sise", "'beam_size'"),
        ({"optoins": {}}, "optoins", "'options'"),
        ({"vad": {"engine": "silero", "treshold": 1}}, "vad.treshold", "'threshold'"),
        ({"vad": {"engine": "webrtk"}}, "vad.engine", "webrtk"),
        ({"options": {"beam_size": 0}}, "options.beam_size", ">= 1"),
        ({"options": {"beam_size": "5"}}, "options.beam_size", "int"),
        ({"options": {"temperature": [0, 3]}}, "options.temperature[1]", "<= 2"),
        ({"timeout_s": 0}, "timeout_s", "> 0"),
        ({"timeout_s": "1"}, "timeout_s", "float"),
        ({"task": "sing"}, "task", "sing"),
        ({"stream": 1}, "stream", "bool"),
        ({"language": "xx"}, "language", "xx"),
        ({"language": "auto", "languages": ["en", "xx"]}, "languages[1]", "xx"),
        ({"audio": {}}, "audio", "path or data"),
        ({"audio": {"path": "a", "data": "AAAA"}}, "audio", "path or data"),
        ({"audio": {"path": "a", "sample_rate": 8000}}, "audio.sample_rate", "raw"),
        ({"audio": {"path": "a\0b"}}, "audio.path", "path"),
        ({"audio": {"data": "AAAA", "format": "pcm16"}}, "audio.sample_rate", "sample_rate"),
        ({"audio": {"data": "?", "format": "file"}}, "audio.data", "base64"),
        ({"audio": "a.wav"}, "audio", "object"),
    ],
)
def test_a_wrong_parameter_is_named(
    shared: Client, wrong: dict[str, Any], path: str, hint: str
) -> None:
    error = shared.fail("transcribe", sample(**wrong))
    assert error["code"] == -32602
    assert error["data"]["path"] == path
    assert hint in error["message"]


def test_audio_that_is_none_is_told_from_audio_that_is_too_short(
    shared: Client, tmp_path: Path
) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("not a sound")
    (tmp_path / "header.wav").write_bytes(wav(b"", 16_000))
    for name in ("empty.wav", "text.wav"):
        error = shared.fail("transcribe", {"audio": {"path": str(tmp_path / name)}})
        assert error["code"] == -32016, error
        assert error["data"]["kind"] == "audio_invalid"
    error = shared.fail("transcribe", {"audio": {"path": str(tmp_path / "header.wav")}})
    assert error["code"] == -32016, error


@pytest.mark.parametrize("name", ["missing.wav", "."])
def test_a_file_that_cannot_be_read_is_said(shared: Client, tmp_path: Path, name: str) -> None:
    pid = shared.worker_pid()
    error = shared.fail("transcribe", {"audio": {"path": str(tmp_path / name)}})
    assert error["code"] == -32021
    assert error["data"]["path"] == str(tmp_path / name)
    assert shared.worker_pid() == pid


@posix
def test_audio_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "sample.flac").write_bytes(SAMPLE.read_bytes())
    (inside / "link.flac").symlink_to(outside / "sample.flac")
    with Client("--allow-dir", str(inside), "--max-audio", "12") as client:
        client.ready()
        for path in (outside / "sample.flac", inside / "link.flac", inside / ".." / "outside"):
            assert client.fail("transcribe", sample(audio={"path": str(path)}))["code"] == -32021
        allowed = sample(audio={"path": str(inside / "sample.flac")})
        assert client.call("transcribe", allowed)["text"] == EXPECTED["text"]
        error = error_of(client.answer(client.request("transcribe", {"audio": silence(13)})))
        assert error["code"] == -32017
        assert error["data"]["limit_s"] == 12
        (inside / "long.wav").write_bytes(wav(bytes(32_000 * 13), 16_000))
        error = client.fail("transcribe", {"audio": {"path": str(inside / "long.wav")}})
        assert error["code"] == -32017


def test_a_job_in_header_framing_gives_the_same() -> None:
    with Client(framing="header") as client:
        client.ready()
        result = client.call("transcribe", sample(stream=True))
        assert result["text"] == EXPECTED["text"]
        assert len(client.notifications("job/segment")) == len(result["segments"])


def test_no_transcript_is_logged_unless_asked_for() -> None:
    for arguments, logged in (([], False), (["--log-text"], True)):
        with Client(*arguments) as client:
            client.ready()
            client.call("transcribe", sample(trace_id="traced"))
            client.said('"traced"')
            client.notify("exit")
            client.exit_code(5)
            client.end()
            assert any("living room" in line for line in client.stderr) is logged
