"""Damaged and hostile files: what is left is kept and said, and nothing else comes out."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.audio.decode import DecodedAudio, decode_audio
from sidecar.core.errors import AudioInvalid, SidecarError
from sidecar.core.ipc import AudioLimits
from sidecar.core.request import AudioSource
from tests.audio.signals import CONTAINERS, sound, tone

LIMITS = AudioLimits(max_duration_s=30.0, max_bytes=1 << 22)
WHOLE = {name: encode(tone(440, 10.0, 16_000), 16_000) for name, encode in CONTAINERS.items()}
FUZZED = {name: encode(tone(440, 1.0, 16_000), 16_000) for name, encode in CONTAINERS.items()}


def decode(data: bytes) -> DecodedAudio:
    return decode_audio(AudioSource(), data, LIMITS)


@pytest.mark.parametrize("container", ["wav", "flac", "webm"])
def test_the_first_half_of_a_file_is_kept_with_a_warning(container: str) -> None:
    data = WHOLE[container]
    decoded = decode(data[: len(data) // 2])
    assert 4.0 < decoded.duration_s < 6.0
    assert len(decoded.samples) == pytest.approx(decoded.duration_s * 16_000, abs=1)
    early = f"the file ends early: {decoded.duration_s:.1f} s of 10.0 s were decoded"
    assert early in decoded.warnings


@pytest.mark.parametrize("container", ["mp3", "ogg", "live webm"])
def test_what_is_left_of_a_stream_without_a_stated_length_is_kept(container: str) -> None:
    data = WHOLE[container]
    # At this bit rate an Ogg page holds five seconds, and is kept or lost as one.
    assert 4.0 < decode(data[: len(data) * 3 // 4]).duration_s < 9.0


def test_an_m4a_without_its_index_is_refused() -> None:
    data = WHOLE["m4a"]
    with pytest.raises(AudioInvalid):
        decode(data[: len(data) // 2])


def test_a_damaged_spot_in_flac_does_not_lose_what_follows() -> None:
    data = bytearray(WHOLE["flac"])
    middle = len(data) // 2
    data[middle : middle + 20] = bytes(20)
    decoded = decode(bytes(data))
    assert decoded.duration_s > 9.0
    assert decoded.warnings != ()


def test_a_wav_written_to_a_pipe_is_whole_without_a_stated_length() -> None:
    data = bytearray(sound(tone(440, 2.0, 16_000), 16_000, "WAV", "PCM_16"))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    decoded = decode(bytes(data))
    assert decoded.duration_s == 2.0
    assert decoded.warnings == ()


@pytest.mark.parametrize("rate_hz", [1, 999, 768_001, 2**31 - 1])
def test_a_sample_rate_that_no_recording_has_is_refused(rate_hz: int) -> None:
    data = bytearray(sound(tone(440, 0.001, 16_000), 16_000, "WAV", "PCM_16"))
    data[24:28] = rate_hz.to_bytes(4, "little")
    with pytest.raises(AudioInvalid):
        decode(bytes(data))


def assert_audio_or_refusal(data: bytes) -> None:
    try:
        decoded = decode(data)
    except SidecarError:
        return
    assert 0 < len(decoded.samples) <= 30 * 16_000 + 1
    assert np.isfinite(decoded.samples).all()


@given(data=st.binary(max_size=2_000))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_audio_or_refused(data: bytes) -> None:
    assert_audio_or_refusal(data)


@pytest.mark.parametrize("container", FUZZED)
@given(edits=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_is_audio_or_refused(container: str, edits: st.DataObject) -> None:
    whole = FUZZED[container]
    data = bytearray(whole[: edits.draw(st.integers(0, len(whole)), "length")])
    # Half of the damage falls on the headers, where it does the most.
    place = st.one_of(st.integers(0, 200), st.integers(0, len(whole)))
    for offset, byte in edits.draw(st.lists(st.tuples(place, st.integers(0, 255)), max_size=8)):
        if offset < len(data):
            data[offset] = byte
    assert_audio_or_refusal(bytes(data))


@pytest.mark.parametrize("container", FUZZED)
def test_damage_is_not_logged_to_the_streams(
    container: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(FUZZED[container])
    data[len(data) // 3 : len(data) // 3 + 50] = bytes(50)
    assert_audio_or_refusal(bytes(data))
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_a_header_that_leads_before_the_beginning_raises_nothing_in_callbacks() -> None:
    data = bytearray(sound(tone(440, 0.1, 16_000), 16_000, "AIFF", "PCM_16"))
    # An exception within a callback of libsndfile is unraisable: as a warning, it fails tests.
    data[36:40] = b"\xff" * 4
    assert_audio_or_refusal(bytes(data))


def test_a_table_of_an_absurd_size_is_damage_and_not_a_shortage_of_memory() -> None:
    data = bytearray(WHOLE["m4a"])
    data[data.index(b"stts") + 8] = 0xFF
    with pytest.raises(AudioInvalid):
        decode(bytes(data))
