"""The two detectors on silence, on something like speech, and on speech where there is some."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.audio.decode import decode_audio
from sidecar.audio.pcm import Samples
from sidecar.audio.vad import Speech, TimeMap, detect_speech
from sidecar.core.errors import Cancelled
from sidecar.core.ipc import AudioLimits
from sidecar.core.request import AudioSource, VadOff, VadParams, VadSilero, VadWebrtc
from tests.audio.signals import REAL_SPEECH, SAMPLE, tone, voice

ENGINES = [VadWebrtc(), VadSilero()]
ids = [type(engine).__name__ for engine in ENGINES]


def silence(duration_s: float) -> Samples:
    return np.zeros(round(duration_s * 16_000), dtype=np.float32)


def found(samples: Samples, params: VadParams) -> tuple[Speech, ...]:
    spans = detect_speech(samples, params)
    assert spans is not None
    return spans


def assert_disjoint_and_within(spans: tuple[Speech, ...], length: int) -> None:
    assert all(0 <= span.start_sample < span.end_sample <= length for span in spans)
    assert all(one.end_sample <= two.start_sample for one, two in pairwise(spans))


def test_off_finds_nothing_out() -> None:
    assert detect_speech(silence(1.0), VadOff()) is None


@pytest.mark.parametrize("engine", ENGINES, ids=ids)
@pytest.mark.parametrize("duration_s", [0.0, 0.001, 0.032, 3.0])
def test_silence_is_no_speech(engine: VadParams, duration_s: float) -> None:
    assert detect_speech(silence(duration_s), engine) == ()


@pytest.mark.parametrize("frame_ms", [10, 20, 30])
@pytest.mark.parametrize("aggressiveness", [0, 1, 2, 3])
def test_webrtc_finds_voices_between_silences(frame_ms: int, aggressiveness: int) -> None:
    samples = np.concatenate([silence(2), voice(1.5), silence(2), voice(1.0), silence(2)])
    params = VadWebrtc(
        frame_ms=frame_ms,  # type: ignore[arg-type]
        aggressiveness=aggressiveness,
        padding_ms=0,
    )
    spans = found(samples, params)
    starts_s = [span.start_sample / 16_000 for span in spans]
    ends_s = [span.end_sample / 16_000 for span in spans]
    assert starts_s == pytest.approx([2.0, 5.5], abs=0.15)
    # The detector lags: it hangs over some 100 ms after a voice ends.
    assert ends_s == pytest.approx([3.5, 6.5], abs=0.35)


def test_webrtc_pads_what_it_finds() -> None:
    samples = np.concatenate([silence(2), voice(1.5), silence(2)])
    (bare,) = found(samples, VadWebrtc(padding_ms=0))
    (padded,) = found(samples, VadWebrtc(padding_ms=300))
    assert bare.start_sample - padded.start_sample == 4_800
    assert padded.end_sample - bare.end_sample == 4_800


def test_webrtc_takes_samples_beyond_full_scale() -> None:
    spans = found(np.concatenate([silence(1), 8 * voice(1.5), silence(1)]), VadWebrtc())
    assert len(spans) == 1


@given(
    length=st.integers(0, 20_000),
    frame_ms=st.sampled_from([10, 20, 30]),
    padding_ms=st.integers(0, 500),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_webrtc_spans_are_disjoint_and_within_any_audio(
    length: int, frame_ms: int, padding_ms: int, seed: int
) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.1, length).astype(np.float32)
    params = VadWebrtc(frame_ms=frame_ms, padding_ms=padding_ms, min_speech_ms=0)  # type: ignore[arg-type]
    assert_disjoint_and_within(found(noise, params), length)


@pytest.mark.parametrize("engine", ENGINES, ids=ids)
def test_what_the_check_raises_comes_through(engine: VadParams) -> None:
    def cancel() -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        detect_speech(voice(1.0), engine, cancel)


def test_silero_takes_all_of_its_parameters() -> None:
    params = VadSilero(
        threshold=0.3,
        neg_threshold=0.1,
        min_speech_duration_ms=100,
        max_speech_duration_s=2.0,
        min_silence_duration_ms=100,
        speech_pad_ms=30,
    )
    samples = np.concatenate([silence(1), voice(3.0), silence(1)])
    assert_disjoint_and_within(found(samples, params), len(samples))


def test_silero_hears_no_speech_in_a_tone() -> None:
    assert detect_speech(tone(1_000, 3.0, 16_000)[:, 0], VadSilero()) == ()


@pytest.mark.parametrize("engine", ENGINES, ids=ids)
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path, marks=pytest.mark.skipif(not path.exists(), reason=f"{path.name} is not there")
        )
        for path in (REAL_SPEECH, SAMPLE)
    ],
    ids=["real", "built-in"],
)
def test_speech_is_found_between_silences(engine: VadParams, path: object) -> None:
    limits = AudioLimits(max_duration_s=60.0, max_bytes=1 << 24)
    speech = decode_audio(AudioSource(path=str(path)), None, limits).samples
    samples = np.concatenate([silence(4), speech, silence(4)])
    spans = found(samples, engine)
    assert_disjoint_and_within(spans, len(samples))
    assert spans[0].start_sample > 2 * 16_000
    assert spans[-1].end_sample < len(samples) - 2 * 16_000
    assert len(TimeMap(spans).cut(samples)) > 0.5 * len(speech)
