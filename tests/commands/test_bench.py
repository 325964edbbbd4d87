"""`asr-sidecar bench`, as users run it."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from sidecar.commands.inputs import BadUsage
from sidecar.commands.references import references_of
from tests.commands.running import asr, environment
from tests.e2e.client import command_line
from tests.e2e.jobs import EXPECTED, SAMPLE, SAMPLE_ZH

MODEL = ("--model", "selftest")


def test_files_setups_and_rounds_are_measured_written_and_compared(tmp_path: Path) -> None:
    written, page = tmp_path / "result.json", tmp_path / "page.html"
    reference = tmp_path / "reference.tsv"
    reference.write_text(f"sample.flac\t{EXPECTED['text']} indeed\nsample-zh.flac\t\n", "utf-8")
    varied = ("--beam-sizes", "1,2", "--threads", "1,2", "--repeat", "2")
    files = (str(SAMPLE), str(SAMPLE_ZH))
    done = asr(
        "bench", *MODEL, *varied, *files,
        "--reference", str(reference), "--json", str(written), "--html", str(page),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(written.read_bytes())
    assert len(result["rows"]) == 8
    assert {len(row["runs"]) for row in result["rows"]} == {2}
    english, chinese = result["rows"][0], result["rows"][-1]
    assert english["word_error_rate"] == pytest.approx(1 / 27)
    assert chinese["word_error_rate"] is None
    assert english["runs"][0]["peak_bytes"] > 50e6
    assert result["versions"]["faster-whisper"].startswith("1.")
    assert "<polyline" in page.read_text("utf-8")

    again = asr("bench", *MODEL, str(SAMPLE), "--threads", "1", "--baseline", str(written))
    assert "against the baseline" in again.stdout.decode()


def test_a_file_that_fails_is_a_row_and_stops_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"nonsense")
    done = asr("bench", *MODEL, "--repeat", "2", str(bad), str(SAMPLE))
    assert done.returncode == 1
    assert "2 audio_invalid" in done.stdout.decode()
    assert done.stderr.decode().count("it is no audio") == 1
    assert done.stdout.decode().count("sample.flac") == 1


def test_what_was_measured_is_shown_after_an_interrupt() -> None:
    command = [*command_line(), "bench", *MODEL, "--repeat", "1000", "--log-level", "info"]
    process = subprocess.Popen(
        [*command, str(SAMPLE)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    assert process.stderr is not None
    finished = 0
    while finished < 3:
        finished += '"job/done"' in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted: not all of it was measured" in shown
    assert "sample.flac" in shown


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--beam-sizes", "0"), "0 is not between 1 and 1000"),
        (("--threads", "2,2"), "the same one is given twice"),
        (("--reference", "a", "--reference", "b"), "2 references for 1 files"),
        (("--json", "no/such/folder.json"), "no/such/folder.json"),
        (("--baseline", str(SAMPLE)), "is not a result of bench"),
    ],
)
def test_bad_usage_is_refused_before_anything_is_done(
    arguments: tuple[str, ...], complaint: str
) -> None:
    done = asr("bench", *MODEL, *arguments, str(SAMPLE))
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaint in done.stderr.decode()


def test_a_model_that_is_not_there_is_told_before_anything_is_done() -> None:
    done = asr("bench", "--models", "nope", str(SAMPLE))
    assert (done.returncode, done.stdout) == (3, b"")


def test_references_are_found_by_order_by_name_and_by_path(tmp_path: Path) -> None:
    one, other, table = tmp_path / "1.txt", tmp_path / "2.txt", tmp_path / "all.TSV"
    one.write_text("eins", "utf-8")
    other.write_text("zwei", "utf-8-sig")
    table.write_text("a.wav\teins\nb/c.wav\tzwei\n\n", "utf-8")
    assert references_of([], ["x"]) == {}
    assert references_of([one, other], ["x", "y"]) == {"x": "eins", "y": "zwei"}
    assert references_of([table], ["d/a.wav", "b/c.wav"]) == {"d/a.wav": "eins", "b/c.wav": "zwei"}


def test_references_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    table, latin = tmp_path / "all.tsv", tmp_path / "latin.txt"
    table.write_text("a.wav\teins\nb.wav zwei\n", "utf-8")
    latin.write_bytes(b"caf\xe9")
    with pytest.raises(BadUsage, match="line 2: no tab"):
        references_of([table], ["a.wav"])
    table.write_text("a.wav\teins\n", "utf-8")
    with pytest.raises(BadUsage, match=r"no line for b\.wav"):
        references_of([table], ["a.wav", "b.wav"])
    with pytest.raises(BadUsage, match="not UTF-8"):
        references_of([latin], ["a.wav"])
