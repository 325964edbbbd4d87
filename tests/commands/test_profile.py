"""`asr-sidecar profile`, as users run it."""

import json
from pathlib import Path

import numpy as np
import soundfile

from tests.commands.running import asr
from tests.e2e.jobs import SAMPLE

MODEL = ("--model", "selftest")


def test_a_file_is_profiled_drawn_and_traced(tmp_path: Path) -> None:
    page, trace = tmp_path / "page.html", tmp_path / "trace.json"
    done = asr("profile", *MODEL, "--html", str(page), "--trace", str(trace), str(SAMPLE))
    assert done.returncode == 0
    assert done.stdout.startswith(b"sample.flac: 11.2 s of audio in ")
    assert "windows and attempts" in done.stdout.decode()
    assert "good morning computer." in page.read_text("utf-8")
    events = json.loads(trace.read_bytes())["traceEvents"]
    assert any(event["name"] == "generate" for event in events)


def test_the_functions_of_the_worker_are_told_when_asked_for() -> None:
    done = asr("profile", *MODEL, "--functions", str(SAMPLE))
    assert "whisper.py" in done.stdout.decode().split("functions, by cumulative time")[1]


def test_a_loop_is_found_and_named(tmp_path: Path) -> None:
    path = tmp_path / "loop.wav"
    samples, rate_hz = soundfile.read(SAMPLE)
    soundfile.write(path, np.tile(samples, 4), rate_hz)
    done = asr("profile", *MODEL, "--compression-ratio-threshold", "1.5", str(path))
    assert "was decoded 6 times: compression ratio" in done.stdout.decode()


def test_a_job_that_runs_out_of_time_is_profiled_as_far_as_it_came() -> None:
    slow = ("--beam-size", "100", "--log-prob-threshold", "0", "--no-degrade", "--no-stop-loops")
    done = asr("profile", *MODEL, *slow, "--timeout", "0.4", str(SAMPLE))
    assert done.returncode == 4
    assert "and not done" in done.stdout.decode()
    assert "! it failed in phase" in done.stdout.decode()


def test_a_file_that_is_not_there_is_an_error_with_its_reason() -> None:
    done = asr("profile", *MODEL, "/no/such/file.wav")
    assert done.returncode == 1
    assert "it failed in phase decode: " in done.stdout.decode()


def test_a_page_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    done = asr("profile", *MODEL, "--html", str(tmp_path / "no" / "page.html"), str(SAMPLE))
    assert done.returncode == 2
    assert "page.html" in done.stderr.decode()
