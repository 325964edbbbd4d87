"""The map from trimmed to input time, against faster-whisper's own."""

import numpy as np
import pytest
from faster_whisper.vad import SpeechTimestampsMap, collect_chunks
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.audio.speech import Speech, TimeMap

SPANS = (Speech(16_000, 32_000), Speech(48_000, 64_000))


@st.composite
def span_lists(draw: st.DrawFn) -> list[Speech]:
    # Multiples of 125 samples are seconds that a float holds exactly, so that faster-whisper's
    # truncation to samples and this project's rounding agree at the joints too.
    lengths = draw(st.lists(st.integers(1, 400), min_size=2, max_size=12))
    bounds = np.cumsum(lengths) * 125
    return [
        Speech(int(bounds[index]), int(bounds[index + 1])) for index in range(0, len(bounds) - 1, 2)
    ]


def test_a_time_within_a_span_moves_by_what_was_cut_before_it() -> None:
    time_map = TimeMap(SPANS)
    assert time_map.to_input_s(0.25) == 1.25
    assert time_map.to_input_s(1.5) == 3.5


def test_at_a_joint_an_end_belongs_to_the_earlier_span_and_a_start_to_the_later() -> None:
    time_map = TimeMap(SPANS)
    assert time_map.to_input_s(1.0, is_end=True) == 2.0
    assert time_map.to_input_s(1.0) == 3.0


def test_a_joint_is_met_in_spite_of_rounding_in_floats() -> None:
    # int(0.29 * 16000) is 4639.
    time_map = TimeMap([Speech(0, 4_640), Speech(16_000, 32_000)])
    assert time_map.to_input_s(0.29, is_end=True) == 0.29
    assert time_map.to_input_s(0.29) == pytest.approx(1.0)


def test_a_word_across_a_joint_is_moved_and_not_stretched() -> None:
    assert TimeMap(SPANS).to_input_span_s(0.5, 1.25) == (1.5, 2.25)
    assert TimeMap(SPANS).to_input_span_s(0.875, 1.25) == (2.875, 3.25)


def test_without_spans_times_stay_and_nothing_is_left() -> None:
    time_map = TimeMap([])
    assert time_map.to_input_s(1.5) == 1.5
    assert len(time_map.cut(np.ones(10, dtype=np.float32))) == 0


@given(spans=span_lists(), position=st.integers(0, 2_000), is_end=st.booleans())
@settings(max_examples=300, deadline=None)
def test_times_are_those_of_faster_whisper(
    spans: list[Speech], position: int, is_end: bool
) -> None:
    chunks = [{"start": span.start_sample, "end": span.end_sample} for span in spans]
    reference = SpeechTimestampsMap(chunks, 16_000, time_precision=9)
    trimmed_s = position * 125 / 16_000
    ours = TimeMap(spans).to_input_s(trimmed_s, is_end=is_end)
    assert ours == pytest.approx(reference.get_original_time(trimmed_s, is_end=is_end), abs=1e-6)


@given(spans=span_lists(), times=st.lists(st.floats(0, 40), min_size=2), is_end=st.booleans())
@settings(max_examples=200, deadline=None)
def test_later_stays_later(spans: list[Speech], times: list[float], is_end: bool) -> None:
    time_map = TimeMap(spans)
    mapped = [time_map.to_input_s(time_s, is_end=is_end) for time_s in sorted(times)]
    assert mapped == sorted(mapped)


@given(spans=span_lists(), start=st.integers(0, 2_000), length=st.integers(1, 500))
@settings(max_examples=200, deadline=None)
def test_an_end_never_comes_before_its_start(spans: list[Speech], start: int, length: int) -> None:
    time_map = TimeMap(spans)
    start_s, end_s = start / 128, (start + length) / 128
    assert time_map.to_input_s(start_s) <= time_map.to_input_s(end_s, is_end=True)


@given(spans=span_lists())
@settings(max_examples=100, deadline=None)
def test_every_kept_sample_maps_back_to_where_it_was(spans: list[Speech]) -> None:
    positions = np.arange(spans[-1].end_sample, dtype=np.float32)
    kept = TimeMap(spans).cut(positions)
    chunks = [{"start": span.start_sample, "end": span.end_sample} for span in spans]
    np.testing.assert_array_equal(kept, collect_chunks(positions, chunks)[0][0])
    for index in range(0, len(kept), 997):
        assert TimeMap(spans).to_input_s(index / 16_000) * 16_000 == pytest.approx(kept[index])
