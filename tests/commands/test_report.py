"""What is said about files, in which order, and what scripts are told."""

import io
import json
from pathlib import Path

import pytest

from sidecar.commands.exit import ExitCode
from sidecar.commands.formats import Format
from sidecar.commands.inputs import Input
from sidecar.commands.progress import ProgressLine, shortened
from sidecar.commands.report import Report
from sidecar.core.errors import AudioInvalid, JobTimeout
from sidecar.core.reply import Partial
from tests.commands.outcomes import failure, job, result

A = Input(0, "a.wav", Path("/a.wav"))
B = Input(1, "b.wav", Path("/b.wav"))
LATE = failure(JobTimeout("too late"), partial=Partial("half a", [], "en", 3.25))
BAD = failure(AudioInvalid("no audio"))


def report(
    inputs: list[Input], form: Format = "txt", paths: dict[tuple[int, Format], Path] | None = None
) -> Report:
    return Report(inputs, [form], paths or {}, ProgressLine(None))


def test_outcomes_are_written_in_the_order_of_the_inputs(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    both = report([A, B])
    both.answered(job(B), result("second"))
    assert capfdbinary.readouterr().out == b""
    both.answered(job(A), result("first"))
    expected = b"==> a.wav <==\nfirst\n\n==> b.wav <==\nsecond\n"
    assert capfdbinary.readouterr().out == expected
    assert both.exit_code == ExitCode.DONE
    assert both.left == 0


def test_a_failure_is_said_and_does_not_stop_the_others(
    capfd: pytest.CaptureFixture[str],
) -> None:
    both = report([A, B])
    both.answered(job(A), LATE)
    both.answered(job(B), result())
    out, err = capfd.readouterr()
    assert "half a" not in out + err
    assert err == "asr-sidecar: a.wav: too late, after 3.2 s of the audio\n"
    assert "good morning" in out


def test_the_exit_code_tells_a_want_of_time_from_other_failures() -> None:
    both = report([A, B])
    codes = []
    for given, outcome in ((A, LATE), (B, BAD)):
        both.answered(job(given), outcome)
        codes.append(both.exit_code)
    assert codes == [ExitCode.TIMEOUT, ExitCode.FAILED]


def test_json_of_several_files_is_one_line_each_with_errors_in_place(
    capfd: pytest.CaptureFixture[str],
) -> None:
    both = report([A, B], "json")
    both.answered(job(A), BAD)
    both.answered(job(B), result())
    first, second = map(json.loads, capfd.readouterr().out.splitlines())
    assert first["error"]["code"] == AudioInvalid.code
    assert first["error"]["data"]["kind"] == "audio_invalid"
    assert second["text"] == "good morning"


def test_a_failure_leaves_no_file_except_in_json(tmp_path: Path) -> None:
    for form in ("srt", "json"):
        paths: dict[tuple[int, Format], Path] = {(0, form): tmp_path / f"a.{form}"}
        report([A], form, paths).answered(job(A), BAD)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_transcript_that_cannot_be_written_is_a_failure(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lost = report([A], "txt", {(0, "txt"): tmp_path / "gone" / "a.txt"})
    lost.answered(job(A), result())
    assert lost.exit_code == ExitCode.FAILED
    assert "cannot be written" in capfd.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only() -> None:
    for stream, shows in ((io.StringIO(), False), (Terminal(), True)):
        ProgressLine(stream).show("a.wav", job(A))
        assert bool(stream.getvalue()) is shows


def test_names_cannot_move_the_cursor() -> None:
    assert shortened("a\x1b[2J\nb", 80) == "a?[2J?b"
    assert shortened("x" * 100, 10) == "xxxxxxx..."
