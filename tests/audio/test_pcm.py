"""Numbers of the resampler and the downmix; parsing of raw samples."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.audio.decode import DecodedAudio, decode_audio
from sidecar.audio.pcm import SAMPLE_RATE_HZ, Resampler, as_float32, resample, to_mono
from sidecar.core.errors import AudioInvalid, AudioTooLong
from sidecar.core.ipc import AudioLimits
from sidecar.core.request import AudioFormat, AudioSource
from tests.audio.signals import level_db, tone

LIMITS = AudioLimits(max_duration_s=60.0, max_bytes=1 << 20)


def decode_raw(
    data: bytes, audio_format: AudioFormat, *, sample_rate: int = 16_000, channels: int = 1
) -> DecodedAudio:
    source = AudioSource(format=audio_format, sample_rate=sample_rate, channels=channels)
    return decode_audio(source, data, LIMITS)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
def test_a_tone_above_8_khz_vanishes_when_resampled(rate_hz: int) -> None:
    resampled = resample(tone(10_000, 1.0, rate_hz)[:, 0], rate_hz)
    assert level_db(resampled[1000:-1000]) < -100


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_a_tone_of_1_khz_survives_resampling(rate_hz: int) -> None:
    resampled = resample(tone(1_000, 1.0, rate_hz)[:, 0], rate_hz)
    expected = tone(1_000, 1.0, SAMPLE_RATE_HZ)[:, 0]
    # The ends are left out: the tone begins and stops there, and a filter rings.
    error = (resampled - expected)[1000:-1000]
    assert float(np.abs(error).max()) < 1e-4


@given(rate_hz=st.integers(1_000, 200_000), frames=st.integers(0, 20_000))
@settings(max_examples=50, deadline=None)
def test_resampling_keeps_the_duration_within_a_sample(rate_hz: int, frames: int) -> None:
    resampled = resample(np.zeros(frames, dtype=np.float32), rate_hz)
    assert abs(len(resampled) - frames * SAMPLE_RATE_HZ / rate_hz) <= 1


@given(cuts=st.lists(st.integers(0, 4_410), max_size=6))
@settings(max_examples=25, deadline=None)
def test_resampling_in_blocks_equals_resampling_at_once(cuts: list[int]) -> None:
    mono = tone(440, 0.1, 44_100)[:, 0]
    resampler = Resampler(44_100)
    blocks = [resampler.push(block) for block in np.split(mono, sorted(cuts))]
    joined = np.concatenate([*blocks, resampler.flush()])
    np.testing.assert_allclose(joined, resample(mono, 44_100), atol=1e-6)


def test_mono_is_the_mean_of_the_channels() -> None:
    interleaved = np.array([[1.0, 0.0, -0.4], [0.3, 0.3, 0.3]], dtype=np.float32)
    np.testing.assert_allclose(to_mono(interleaved), [0.2, 0.3], atol=1e-7)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([-32768, 0, 16384], dtype=np.int16), [-1.0, 0.0, 0.5]),
        (np.array([-(2**31), 2**30], dtype=np.int32), [-1.0, 0.5]),
        (np.array([0, 128, 192], dtype=np.uint8), [-1.0, 0.0, 0.5]),
        (np.array([0.25, -2.0], dtype=np.float64), [0.25, -2.0]),
    ],
)
def test_full_scale_is_one(values: npt.NDArray[Any], expected: list[float]) -> None:
    converted = as_float32(values)
    assert converted.dtype == np.float32
    np.testing.assert_array_equal(converted, np.array(expected, dtype=np.float32))


def test_pcm16_is_little_endian_and_interleaved() -> None:
    frames = np.array([[16384, 0], [-16384, -16384]], dtype="<i2")
    decoded = decode_raw(frames.tobytes(), "pcm16", channels=2)
    np.testing.assert_array_equal(decoded.samples, np.array([0.25, -0.5], dtype=np.float32))


def test_f32_at_16_khz_comes_through_unchanged() -> None:
    mono = tone(440, 1.5, SAMPLE_RATE_HZ)[:, 0]
    decoded = decode_raw(mono.astype("<f4").tobytes(), "f32")
    np.testing.assert_array_equal(decoded.samples, mono)
    assert decoded.duration_s == 1.5
    assert decoded.warnings == ()


def test_raw_audio_may_be_a_view_of_a_larger_message() -> None:
    mono = tone(440, 0.5, SAMPLE_RATE_HZ)[:, 0]
    message = memoryview(b"head" + mono.astype("<f4").tobytes())
    decoded = decode_audio(AudioSource(format="f32"), message[4:], LIMITS)
    np.testing.assert_array_equal(decoded.samples, mono)


def test_a_part_of_a_frame_is_refused() -> None:
    with pytest.raises(AudioInvalid, match="7 bytes are not a whole number of pcm16 frames of 4"):
        decode_raw(bytes(7), "pcm16", channels=2)


@pytest.mark.parametrize("audio_format", ["pcm16", "f32", "file"])
def test_no_bytes_are_no_audio(audio_format: AudioFormat) -> None:
    with pytest.raises(AudioInvalid):
        decode_raw(b"", audio_format)


def test_neither_path_nor_data_is_no_audio() -> None:
    with pytest.raises(AudioInvalid):
        decode_audio(AudioSource(), None, LIMITS)


def test_samples_that_are_not_finite_become_silence_and_are_reported() -> None:
    mono = np.full(1000, 0.5, dtype="<f4")
    mono[[1, 2, 3]] = np.nan, np.inf, 1e30
    decoded = decode_raw(mono.tobytes(), "f32")
    assert decoded.samples[:5].tolist() == [0.5, 0.0, 0.0, 0.0, 0.5]
    assert decoded.warnings == ("3 samples were not finite and became silence",)


def test_floats_on_the_scale_of_integers_are_reported() -> None:
    decoded = decode_raw(np.full(1000, 20_000, dtype="<f4").tobytes(), "f32")
    assert decoded.warnings == (
        "samples reach 20000 times full scale; float samples are expected within [-1, 1]",
    )


def test_raw_audio_over_the_limit_of_seconds_is_refused() -> None:
    with pytest.raises(AudioTooLong) as caught:
        decode_raw(bytes(2 * 1000 * 61), "pcm16", sample_rate=1000)
    assert caught.value.details == {"limit_s": 60.0}


@given(
    data=st.binary(max_size=4_000),
    audio_format=st.sampled_from(["pcm16", "f32"]),
    rate_hz=st.integers(1_000, 768_000),
    channels=st.integers(1, 64),
)
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_raw_audio_or_refused(
    data: bytes, audio_format: AudioFormat, rate_hz: int, channels: int
) -> None:
    try:
        decoded = decode_raw(data, audio_format, sample_rate=rate_hz, channels=channels)
    except AudioInvalid:
        return
    assert decoded.samples.dtype == np.float32
    assert np.isfinite(decoded.samples).all()
    assert abs(len(decoded.samples) - decoded.duration_s * SAMPLE_RATE_HZ) <= 1
