"""Which files are opened at all."""

import os
import sys
from pathlib import Path

import pytest

from sidecar.audio.decode import DecodedAudio, decode_audio
from sidecar.audio.files import open_audio_file
from sidecar.core.errors import AudioTooLong, FileUnreadable
from sidecar.core.ipc import AudioLimits
from sidecar.core.request import AudioSource
from tests.audio.signals import sound, tone

TONE = sound(tone(440, 0.5, 16_000), 16_000, "WAV")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX alone has these")


def decode(path: Path | str, *allowed_dirs: Path | str) -> DecodedAudio:
    limits = AudioLimits(10.0, 1 << 20, tuple(str(folder) for folder in allowed_dirs))
    return decode_audio(AudioSource(path=str(path)), None, limits)


def refusal(path: Path | str, *allowed_dirs: Path | str) -> str:
    with pytest.raises(FileUnreadable) as caught:
        decode(path, *allowed_dirs)
    assert caught.value.details == {"path": str(path)}
    return caught.value.message


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    folder = tmp_path / "allowed"
    folder.mkdir()
    (folder / "tone.wav").write_bytes(TONE)
    (tmp_path / "outside.wav").write_bytes(TONE)
    return folder


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.wav") == "the file cannot be read: No such file or directory"


@pytest.mark.parametrize("path", ["", "null\0.wav", "lone\ud800.wav", "x" * 5000])
def test_a_path_that_cannot_be_is_unreadable(path: str) -> None:
    refusal(path)


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    assert "not a regular file" in refusal(tmp_path)


@posix_only
@pytest.mark.timeout(10)
def test_a_named_pipe_is_unreadable_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert "not a regular file" in refusal(tmp_path / "pipe.wav")


@posix_only
@pytest.mark.timeout(10)
def test_a_device_is_unreadable_at_once() -> None:
    assert "not a regular file" in refusal("/dev/zero")


@posix_only
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root may read all")
def test_a_denied_file_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "denied.wav"
    path.write_bytes(TONE)
    path.chmod(0)
    assert "Permission denied" in refusal(path)


def test_a_file_over_the_limit_of_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.wav"
    path.write_bytes(TONE)
    with pytest.raises(AudioTooLong) as caught:
        open_audio_file(str(path), allowed_dirs=(), max_bytes=100)
    assert caught.value.details == {"limit_bytes": 100}


def test_a_name_in_any_script_and_a_long_path_are_read(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["x" * 80] * 4, "音声 и звук é")
    folder.mkdir(parents=True)
    path = folder / "録音 🎤.wav"
    path.write_bytes(TONE)
    assert decode(path).duration_s == 0.5


def test_a_file_in_an_allowed_folder_is_read(allowed: Path, tmp_path: Path) -> None:
    assert decode(allowed / "tone.wav", tmp_path / "other", allowed).duration_s == 0.5
    assert decode(allowed / ".." / "allowed" / "tone.wav", allowed).duration_s == 0.5


def test_a_file_outside_the_allowed_folders_is_unreadable(allowed: Path, tmp_path: Path) -> None:
    assert "outside" in refusal(tmp_path / "outside.wav", allowed)
    assert "outside" in refusal(f"{allowed}/../outside.wav", allowed)


def test_a_folder_whose_name_merely_begins_alike_is_outside(tmp_path: Path, allowed: Path) -> None:
    similar = tmp_path / "allowed-not"
    similar.mkdir()
    (similar / "tone.wav").write_bytes(TONE)
    assert "outside" in refusal(similar / "tone.wav", allowed)


@posix_only
def test_a_link_is_judged_by_where_it_leads(allowed: Path, tmp_path: Path) -> None:
    (allowed / "out.wav").symlink_to(tmp_path / "outside.wav")
    (tmp_path / "in.wav").symlink_to(allowed / "tone.wav")
    (tmp_path / "alias").symlink_to(allowed)
    assert "outside" in refusal(allowed / "out.wav", allowed)
    assert decode(tmp_path / "in.wav", allowed).duration_s == 0.5
    assert decode(allowed / "tone.wav", tmp_path / "alias").duration_s == 0.5


@posix_only
def test_a_link_swapped_in_after_the_check_is_unreadable(
    allowed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open

    def swap_and_open(path: str, flags: int) -> int:
        (allowed / "tone.wav").unlink()
        (allowed / "tone.wav").symlink_to(tmp_path / "outside.wav")
        return real_open(path, flags)

    monkeypatch.setattr("sidecar.audio.files.os.open", swap_and_open)
    assert "replaced" in refusal(allowed / "tone.wav", allowed)


@posix_only
@pytest.mark.timeout(10)
def test_a_pipe_swapped_in_after_the_check_does_not_block(
    allowed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open

    def swap_and_open(path: str, flags: int) -> int:
        (allowed / "tone.wav").unlink()
        os.mkfifo(allowed / "tone.wav")
        return real_open(path, flags)

    monkeypatch.setattr("sidecar.audio.files.os.open", swap_and_open)
    assert "not a regular file" in refusal(allowed / "tone.wav")
