"""The commands as people run them: real processes, the built-in model."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import soundfile

from sidecar import models
from tests.commands.running import asr, environment
from tests.e2e.client import EXECUTABLE, command_line

ASSETS = Path(models.ASSETS)
SAMPLE = str(ASSETS / "sample.flac")
ROOT = Path(__file__).parents[2]
WORDS = json.loads((ASSETS / "sample.json").read_text("utf-8"))["text"]


def test_the_sample_becomes_webvtt_in_utf_8_with_nothing_on_stderr() -> None:
    done = asr(
        "transcribe", "--model", "selftest", "--format", "vtt", str(ASSETS / "sample-zh.flac"),
        PYTHONIOENCODING="ascii",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"WEBVTT\n\n00:00:00.")
    assert "打开客厅的灯" in done.stdout.decode("utf-8")


@pytest.mark.skipif(EXECUTABLE is not None, reason="a frozen program imports from itself alone")
def test_the_worker_imports_nothing_from_the_users_folder(tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit('shadowed')")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "sidecar", "transcribe", "--model", "selftest", SAMPLE],
        capture_output=True,
        env=environment(PYTHONPATH=os.pathsep.join([str(tmp_path / "none"), str(ROOT)])),
        cwd=tmp_path,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_files_that_fail_do_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "not.wav").write_bytes(b"not audio at all")
    done = asr(
        "transcribe", "--model", "selftest", "--format", "json",
        str(tmp_path / "none.wav"), str(tmp_path / "not.wav"), "-",
        stdin=Path(SAMPLE).read_bytes(),
    )  # fmt: skip
    missing, broken, good = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert missing["error"]["data"]["kind"] == "file_unreadable"
    assert broken["error"]["data"]["kind"] == "audio_invalid"
    assert good["text"] == WORDS
    assert len(done.stderr.splitlines()) == 2


def test_a_deadline_that_passes_is_its_own_exit_code_and_the_next_file_is_tried() -> None:
    done = asr("transcribe", "--model", "selftest", "--timeout", "0.01", SAMPLE, SAMPLE)
    assert done.returncode == 4
    assert done.stdout == b""
    assert done.stderr.count(b"the total budget of 0.01 s ran out") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([SAMPLE], 3, "no model is configured"),
        (["--model", "nix", SAMPLE], 3, "no model named 'nix'"),
        (["--model", "selftest", "--compute-type", "nix", SAMPLE], 3, "compute type 'nix'"),
        (["--model", "selftest", "--beam-size", "x", SAMPLE], 2, "--beam-size"),
        (["--model", "selftest", "--format", "srt", "--format", "vtt", SAMPLE], 2, "--output-dir"),
        (["--model", "selftest", "--format", "srt", SAMPLE, SAMPLE], 2, "--output-dir"),
        (["--model", "selftest"], 2, "FILE"),
    ],
)
def test_what_cannot_begin_says_why(arguments: list[str], code: int, said: str) -> None:
    done = asr("transcribe", *arguments)
    assert done.returncode == code
    assert said in done.stderr.decode()
    assert done.stdout == b""


def test_all_formats_go_to_the_output_folder(tmp_path: Path) -> None:
    done = asr(
        "transcribe", "--model", "selftest", "--format", "all", "--word-timestamps",
        "--output-dir", str(tmp_path / "out"), SAMPLE,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    names = {"sample.txt", "sample.json", "sample.srt", "sample.vtt", "sample.tsv"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    document = json.loads((tmp_path / "out" / "sample.json").read_bytes())
    assert document["segments"][0]["words"][0]["word"].strip() == "good"


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    with subprocess.Popen(
        [*command_line(), "transcribe", "--model", "selftest", SAMPLE, SAMPLE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.smoke
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_worker(tmp_path: Path, number: signal.Signals) -> None:
    samples, rate_hz = soundfile.read(SAMPLE, dtype="int16")
    with soundfile.SoundFile(tmp_path / "long.wav", "w", rate_hz, 1) as file:
        for _ in range(100):
            file.write(samples)
    with subprocess.Popen(
        [
            *command_line(), "transcribe", "--model", "selftest",
            "--log-level", "info", str(tmp_path / "long.wav"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert process.stdout is not None
        records = map(json.loads, process.stderr)
        worker = next(each["pid"] for each in records if each.get("state") == "busy")
        process.send_signal(number)
        assert process.stdout.read() == b""
        process.stderr.read()
        assert process.wait() == 128 + number
    assert not psutil.pid_exists(worker)


def test_the_models_are_listed_with_where_they_were_looked_for(tmp_path: Path) -> None:
    done = asr("models", "--json", WHISPER_CACHE_DIR=str(tmp_path))
    listed = json.loads(done.stdout)
    assert [model["name"] for model in listed["models"]] == ["selftest"]
    assert listed["searched"] == [{"path": str(tmp_path), "exists": True}]


@pytest.mark.smoke
def test_doctor_finds_this_machine_fit() -> None:
    done = asr("doctor", "--json")
    diagnosis = json.loads(done.stdout)
    assert {each["name"]: each for each in diagnosis["findings"]}["sample"]["mark"] == "ok"
    assert diagnosis["ok"]
    assert done.returncode == 0


def test_doctor_never_falls_back_silently() -> None:
    done = asr("doctor", "--model", "nix")
    assert done.returncode == 1
    assert "FAIL  model" in done.stdout.decode()
    assert "sample" not in done.stdout.decode()


@pytest.mark.smoke
def test_the_version_is_said_for_people_and_for_programs() -> None:
    version = json.loads(asr("--version", "--json").stdout)
    assert asr("--version").stdout.decode().strip() == f"asr-sidecar {version['version']}"
    assert set(version) == {"version", "commit", "built", "python", "platform"}
    assert (version["commit"] is None) is (EXECUTABLE is None)
    assert (version["built"] is None) is (EXECUTABLE is None)
