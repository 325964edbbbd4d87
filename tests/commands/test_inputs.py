"""Which files there are, and which files they become."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from sidecar.commands.inputs import BadUsage, Input, inputs_of, output_paths


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes, *, terminal: bool = False) -> None:
    stream = SimpleNamespace(buffer=io.BytesIO(content), closed=False, isatty=lambda: terminal)
    monkeypatch.setattr("sys.stdin", stream)


def test_relative_names_become_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert inputs_of(["sub/../a.wav"], 10) == [Input(0, "sub/../a.wav", tmp_path / "a.wav")]


def test_no_more_of_stdin_is_read_than_tells_that_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stdin(monkeypatch, b"x" * 100)
    assert inputs_of(["-"], 10)[0].content == b"x" * 11


def test_stdin_can_be_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"")
    with pytest.raises(BadUsage, match="once"):
        inputs_of(["-", "-"], 10)


def test_a_terminal_is_no_audio(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"", terminal=True)
    with pytest.raises(BadUsage, match="terminal"):
        inputs_of(["-"], 10)


def test_a_closed_stdin_is_said_to_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(BadUsage, match="closed"):
        inputs_of(["-"], 10)


def test_each_format_of_each_input_has_a_file(tmp_path: Path) -> None:
    inputs = [Input(0, "a.wav", tmp_path / "a.wav"), Input(1, "-", content=b"x")]
    assert output_paths(inputs, ["srt", "json"], tmp_path / "out") == {
        (0, "srt"): tmp_path / "out" / "a.srt",
        (0, "json"): tmp_path / "out" / "a.json",
        (1, "srt"): tmp_path / "out" / "stdin.srt",
        (1, "json"): tmp_path / "out" / "stdin.json",
    }


@pytest.mark.parametrize("other", ["a.mp3", "A.wav", "a.wav"])
def test_two_inputs_never_share_an_output(tmp_path: Path, other: str) -> None:
    inputs = [Input(0, "a.wav", tmp_path / "a.wav"), Input(1, other, tmp_path / "x" / other)]
    with pytest.raises(BadUsage, match=r"a\.wav goes there"):
        output_paths(inputs, ["txt"], tmp_path)


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="taken"):
        output_paths([Input(0, "a.json", tmp_path / "a.json")], ["json"], tmp_path)


def test_a_name_that_is_not_utf_8_is_refused_up_front() -> None:
    with pytest.raises(BadUsage, match="UTF-8"):
        inputs_of(["a.wav", "\udcff.wav"], 10)
