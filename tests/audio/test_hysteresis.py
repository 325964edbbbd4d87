"""The rule that makes spans of verdicts per frame."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.audio.hysteresis import Hysteresis, speech_spans

PLAIN = Hysteresis(
    window=5, onset_ratio=0.6, offset_ratio=0.2, min_speech=0, min_silence=0, padding=0
)


def frames(picture: str) -> list[bool]:
    """`#` is a voiced frame."""
    return [character == "#" for character in picture]


def spans(picture: str, **changes: float) -> list[tuple[int, int]]:
    fields = {name: getattr(PLAIN, name) for name in PLAIN.__struct_fields__}
    return speech_spans(frames(picture), Hysteresis(**(fields | changes)))


rules = st.builds(
    Hysteresis,
    window=st.integers(1, 12),
    onset_ratio=st.floats(0.01, 1.0),
    offset_ratio=st.floats(0.0, 0.99),
    min_speech=st.integers(0, 12),
    min_silence=st.integers(0, 12),
    padding=st.integers(0, 12),
)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("", []),
        ("..........", []),
        ("##########", [(0, 10)]),
        (".....#####.....", [(5, 10)]),
        ("..##.###..#.....", [(2, 11)]),
        (".....#####.....#####.....", [(5, 10), (15, 20)]),
        (".....#####", [(5, 10)]),
        ("#####.....", [(0, 5)]),
    ],
)
def test_speech_goes_from_the_first_to_the_last_voiced_frame(
    picture: str, expected: list[tuple[int, int]]
) -> None:
    assert spans(picture) == expected


def test_a_few_stray_voiced_frames_are_no_speech() -> None:
    assert spans("..#....#....#....#..") == []


def test_a_few_unvoiced_frames_do_not_end_speech() -> None:
    assert spans("#####..#####.#####") == [(0, 18)]


def test_audio_shorter_than_the_window_can_be_speech() -> None:
    assert spans("###", window=10) == [(0, 3)]


def test_a_short_silence_is_bridged() -> None:
    picture = "#####......#####"
    assert spans(picture, min_silence=6) == [(0, 5), (11, 16)]
    assert spans(picture, min_silence=7) == [(0, 16)]


def test_short_speech_is_dropped() -> None:
    picture = "###.......######"
    assert spans(picture, min_speech=3) == [(0, 3), (10, 16)]
    assert spans(picture, min_speech=4) == [(10, 16)]


def test_padding_stays_within_the_audio() -> None:
    assert spans(".#####......", padding=3) == [(0, 9)]


def test_padded_spans_that_meet_become_one() -> None:
    picture = "#####........#####"
    assert spans(picture, padding=3) == [(0, 8), (10, 18)]
    assert spans(picture, padding=4) == [(0, 18)]


@given(voiced=st.lists(st.booleans(), max_size=120), rule=rules)
@settings(max_examples=300, deadline=None)
def test_spans_are_disjoint_ordered_and_within_the_frames(
    voiced: list[bool], rule: Hysteresis
) -> None:
    bounds = [bound for span in speech_spans(voiced, rule) for bound in span]
    assert bounds == sorted(set(bounds))
    assert all(0 <= bound <= len(voiced) for bound in bounds)


@given(voiced=st.lists(st.booleans(), max_size=120), rule=rules)
@settings(max_examples=300, deadline=None)
def test_padding_only_ever_adds(voiced: list[bool], rule: Hysteresis) -> None:
    def covered(padding: int) -> set[int]:
        padded = Hysteresis(
            window=rule.window,
            onset_ratio=rule.onset_ratio,
            offset_ratio=rule.offset_ratio,
            min_speech=rule.min_speech,
            min_silence=rule.min_silence,
            padding=padding,
        )
        return {frame for span in speech_spans(voiced, padded) for frame in range(*span)}

    assert covered(0) <= covered(rule.padding)


@given(length=st.integers(1, 60), rule=rules)
@settings(max_examples=100, deadline=None)
def test_all_voiced_is_one_span_and_none_voiced_is_none(length: int, rule: Hysteresis) -> None:
    expected = [(0, length)] if length >= rule.min_speech else []
    assert speech_spans([True] * length, rule) == expected
    assert speech_spans([False] * length, rule) == []
