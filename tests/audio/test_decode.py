"""Formats, limits and refusals of `decode_audio`."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from sidecar.audio.decode import DecodedAudio, decode_audio
from sidecar.core.errors import AudioInvalid, AudioTooLong, Cancelled
from sidecar.core.ipc import AudioLimits
from sidecar.core.request import AudioSource
from tests.audio.signals import (
    CONTAINERS,
    REAL_SPEECH,
    REPOSITORY,
    header_only_webm,
    level_db,
    media,
    sound,
    tone,
)

LIMITS = AudioLimits(max_duration_s=60.0, max_bytes=1 << 24)
TONE_DB = -9.03  # a sine at half of full scale


def decode(data: bytes, limits: AudioLimits = LIMITS) -> DecodedAudio:
    return decode_audio(AudioSource(), data, limits)


def assert_is_the_tone(decoded: DecodedAudio, duration_s: float, tolerance_s: float) -> None:
    samples = decoded.samples
    assert samples.dtype == np.float32
    assert decoded.duration_s == pytest.approx(duration_s, abs=tolerance_s)
    assert abs(len(samples) - decoded.duration_s * 16_000) <= 1
    assert level_db(samples[4000:-4000]) == pytest.approx(TONE_DB, abs=0.3)
    spectrum = np.abs(np.fft.rfft(samples))
    peak_hz = float(np.argmax(spectrum)) * 16_000 / len(samples)
    assert peak_hz == pytest.approx(440, abs=1)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_gives_the_same_tone(container: str, rate_hz: int, channels: int) -> None:
    data = CONTAINERS[container](tone(440, 2.0, rate_hz, channels), rate_hz)
    decoded = decode(data)
    # AAC at 16 kHz pads up to a frame of 64 ms.
    assert_is_the_tone(decoded, 2.0, tolerance_s=0.07)
    assert decoded.warnings == ()


@pytest.mark.parametrize(
    "subtype",
    ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM"],
)
def test_every_kind_of_wav_gives_the_same_tone(subtype: str) -> None:
    decoded = decode(sound(tone(440, 2.0, 44_100, 2), 44_100, "WAV", subtype))
    assert_is_the_tone(decoded, 2.0, tolerance_s=0.05)
    assert decoded.warnings == ()


@pytest.mark.parametrize("file_format", ["RF64", "W64", "AIFF", "AU", "CAF", "WAVEX"])
def test_the_kin_of_wav_give_the_same_tone(file_format: str) -> None:
    decoded = decode(sound(tone(440, 2.0, 22_050, 1), 22_050, file_format, "PCM_16"))
    assert_is_the_tone(decoded, 2.0, tolerance_s=0.01)


@pytest.mark.parametrize(
    ("container_format", "codec", "options"),
    [
        ("adts", "aac", {}),
        ("mp4", "aac", {"movflags": "frag_keyframe+empty_moov"}),
        ("mpegts", "aac", {}),
    ],
)
def test_what_libav_alone_reads_gives_the_same_tone(
    container_format: str, codec: str, options: dict[str, str]
) -> None:
    data = media(tone(440, 2.0, 48_000, 2), 48_000, container_format, codec, options=options)
    assert_is_the_tone(decode(data), 2.0, tolerance_s=0.05)


@pytest.mark.parametrize("container_format", ["mp4", "matroska"])
def test_the_sound_of_a_video_is_taken(container_format: str) -> None:
    data = media(tone(440, 2.0, 48_000), 48_000, container_format, "aac", with_video=True)
    assert_is_the_tone(decode(data), 2.0, tolerance_s=0.05)


def test_a_second_audio_stream_is_reported() -> None:
    data = media(tone(440, 1.0, 48_000), 48_000, "matroska", "aac", audio_streams=2)
    assert decode(data).warnings == ("of 2 audio streams the first was taken",)


def test_many_channels_at_a_high_rate_are_mixed_down() -> None:
    decoded = decode(sound(tone(440, 1.0, 192_000, 12), 192_000, "WAV", "FLOAT"))
    assert_is_the_tone(decoded, 1.0, tolerance_s=0.001)


def test_one_sample_is_audio() -> None:
    decoded = decode(sound(tone(440, 1 / 16_000, 16_000), 16_000, "WAV"))
    assert len(decoded.samples) == 1


@pytest.mark.skipif(not REAL_SPEECH.exists(), reason="the shared recording is not there")
def test_real_speech_is_decoded_whole() -> None:
    decoded = decode_audio(AudioSource(path=str(REAL_SPEECH)), None, LIMITS)
    assert decoded.duration_s == 11.0
    assert len(decoded.samples) == 176_000
    assert decoded.warnings == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not one byte"),
        (b"this is a letter, not a sound. " * 40, "no audio of a known format"),
        (bytes(5000), "no audio of a known format"),
        (sound(tone(440, 0.0, 16_000), 16_000, "WAV"), "not one sample"),
        (header_only_webm(), "there is no audio in it"),
        (header_only_webm()[:110], "no audio"),
    ],
    ids=["empty", "text", "zeros", "wav without samples", "webm header", "110 bytes of webm"],
)
def test_what_holds_no_audio_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(AudioInvalid, match=reason):
        decode(data)


def test_a_playlist_that_names_other_files_is_refused(tmp_path: Path) -> None:
    segment = tmp_path / "private.ts"
    segment.write_bytes(media(tone(440, 1.0, 48_000), 48_000, "mpegts", "aac"))
    scripts = (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{segment}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile {segment.name}\n",
    )
    for index, script in enumerate(scripts):
        path = tmp_path / f"list{index}.m3u8"
        path.write_text(script)
        with pytest.raises(AudioInvalid):
            decode_audio(AudioSource(path=str(path)), None, LIMITS)


def test_the_ending_of_a_name_does_not_matter(tmp_path: Path) -> None:
    for ending in ("raw", "txt", "mp3"):
        path = tmp_path / f"tone.{ending}"
        path.write_bytes(sound(tone(440, 1.0, 16_000), 16_000, "WAV"))
        assert decode_audio(AudioSource(path=str(path)), None, LIMITS).duration_s == 1.0


@pytest.mark.parametrize("container", CONTAINERS)
def test_audio_over_the_limit_of_seconds_is_refused(container: str) -> None:
    data = CONTAINERS[container](tone(440, 2.0, 48_000), 48_000)
    with pytest.raises(AudioTooLong) as caught:
        decode(data, AudioLimits(max_duration_s=1.0, max_bytes=1 << 24))
    assert caught.value.details == {"limit_s": 1.0}


def test_data_over_the_limit_of_bytes_is_refused() -> None:
    with pytest.raises(AudioTooLong) as caught:
        decode(bytes(101), AudioLimits(max_duration_s=1.0, max_bytes=100))
    assert caught.value.details == {"limit_bytes": 100}


def forged_flac(claimed_samples: int) -> bytes:
    """A second of FLAC whose header claims `claimed_samples` (36 bits at byte 21)."""
    data = bytearray(sound(tone(440, 1.0, 16_000), 16_000, "FLAC"))
    data[21] = (data[21] & 0xF0) | (claimed_samples >> 32)
    data[22:26] = (claimed_samples & 0xFFFF_FFFF).to_bytes(4, "big")
    return bytes(data)


def test_a_claim_over_the_limit_is_refused_before_anything_is_decoded() -> None:
    def never() -> None:
        calls.append(1)

    calls: list[int] = []
    with pytest.raises(AudioTooLong):
        decode_audio(AudioSource(), forged_flac(1 << 35), LIMITS, never)
    assert len(calls) == 1  # before opening, and not again


def peak_memory_mib(data: Path, max_duration_s: float) -> float:
    """By how much decoding in a fresh process raises its peak memory; Linux counts in KiB."""
    program = (
        "import resource, sys, av, soundfile, soxr\n"
        "from sidecar.audio.decode import decode_audio\n"
        "from sidecar.core.ipc import AudioLimits\n"
        "from sidecar.core.errors import SidecarError\n"
        "from sidecar.core.request import AudioSource\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "limits = AudioLimits(float(sys.argv[2]), 1 << 30)\n"
        "try:\n"
        "    decode_audio(AudioSource(path=sys.argv[1]), None, limits)\n"
        "except SidecarError:\n"
        "    pass\n"
        "sys.stdout.write(str((peak() - before) / 1024))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", program, str(data), str(max_duration_s)],
        check=True,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=60,
    ).stdout
    return float(output)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as on Linux")


@linux_only
def test_a_second_of_flac_that_claims_hours_takes_no_memory_for_hours(tmp_path: Path) -> None:
    path = tmp_path / "liar.flac"
    path.write_bytes(forged_flac(16_000 * 3600 * 20))
    assert peak_memory_mib(path, max_duration_s=1e6) < 25


@linux_only
def test_memory_is_bounded_by_the_result_and_not_by_the_input(tmp_path: Path) -> None:
    path = tmp_path / "wide.flac"
    quiet = np.zeros((96_000 * 60, 8), dtype=np.int16)  # 184 MB as float32
    path.write_bytes(sound(quiet, 96_000, "FLAC"))
    assert peak_memory_mib(path, max_duration_s=3600) < 30


@pytest.mark.parametrize("container", CONTAINERS)
def test_what_the_check_raises_comes_through(container: str) -> None:
    data = CONTAINERS[container](tone(440, 8.0, 16_000), 16_000)
    calls = count()
    cancelled = Cancelled("enough")

    def cancel_on_the_fourth_call() -> None:
        if next(calls) == 3:
            raise cancelled

    with pytest.raises(Cancelled) as caught:
        decode_audio(AudioSource(), data, LIMITS, cancel_on_the_fourth_call)
    assert caught.value is cancelled


def test_an_error_never_names_a_place_in_the_program() -> None:
    for data in (b"junk" * 50, header_only_webm()):
        with pytest.raises(AudioInvalid) as caught:
            decode(data)
        assert "/" not in caught.value.message
