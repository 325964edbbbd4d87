"""What is written can be read back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from sidecar.commands.subtitles import Cue, cues_of, srt, tsv, txt, vtt
from sidecar.core.result import Segment

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["a --> b", "--->", "1", "<b>&amp;", "-->", "WEBVTT", "a\n\nb", "a\tb", " \r\n ", "NOTE x"]
)
seconds = st.floats(-5, 400_000) | st.sampled_from([59.9996, 3599.9999, 0.0005, 359_999.9999])


def segment(start: float, end: float, text: str) -> Segment:
    return Segment(0, start, end, text, -0.1, 1.0, 0.0, 0.0)


segments = st.lists(st.builds(segment, seconds, seconds, texts), max_size=8)
cue_lists = st.builds(cues_of, segments, st.floats(0, 400_000))


def milliseconds(clock: str) -> int:
    hours, minutes, rest = clock.split(":")
    assert int(minutes) < 60
    whole, fraction = re.split("[.,]", rest)
    assert int(whole) < 60
    assert len(fraction) == 3
    return ((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * 1000 + int(fraction)


def times(line: str) -> tuple[int, int]:
    start, end = line.split(" --> ")
    return milliseconds(start), milliseconds(end)


@given(segments, st.floats(0, 400_000))
def test_cues_are_within_the_audio_and_keep_all_text(given: list[Segment], length_s: float) -> None:
    cues = cues_of(given, length_s)
    assert [cue.text.split() for cue in cues] == [s.text.split() for s in given if s.text.split()]
    for cue in cues:
        assert 0 <= cue.start_ms < cue.end_ms <= max(1, round(length_s * 1000))


@given(cue_lists)
def test_webvtt_can_be_read_back(cues: list[Cue]) -> None:
    head, *blocks = vtt(cues).removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    assert len(blocks) == len(cues)
    for block, cue in zip(blocks, cues, strict=True):
        clock, text = block.split("\n")
        assert times(clock) == (cue.start_ms, cue.end_ms)
        assert "-->" not in text
        plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert plain == cue.text


@given(cue_lists)
def test_subrip_can_be_read_back(cues: list[Cue]) -> None:
    blocks = srt(cues).removesuffix("\n").split("\n\n") if cues else []
    assert len(blocks) == len(cues)
    for number, (block, cue) in enumerate(zip(blocks, cues, strict=True), start=1):
        first, clock, text = block.split("\n")
        assert int(first) == number
        assert times(clock) == (cue.start_ms, cue.end_ms)
        assert "-->" not in text
        if "->" not in cue.text:
            assert text == cue.text


@given(cue_lists)
def test_tab_separated_values_can_be_read_back(cues: list[Cue]) -> None:
    head, *rows = tsv(cues).removesuffix("\n").split("\n")
    assert head == "start\tend\ttext"
    for row, cue in zip(rows, cues, strict=True):
        start, end, text = row.split("\t")
        assert Cue(int(start), int(end), text) == cue


@given(cue_lists)
def test_bare_text_has_one_line_for_each_cue(cues: list[Cue]) -> None:
    assert txt(cues).split("\n")[:-1] == [cue.text for cue in cues]


def test_rounding_carries_into_seconds_minutes_and_hours() -> None:
    cues = cues_of([segment(59.9996, 3599.9996, "x")], 4000)
    assert "00:01:00,000 --> 01:00:00,000" in srt(cues)
    assert "00:01:00.000 --> 01:00:00.000" in vtt(cues)


def test_times_before_the_beginning_and_behind_the_end_are_clipped() -> None:
    assert cues_of([segment(-0.5, 12.0, "x")], 11.2) == [Cue(0, 11200, "x")]
    assert cues_of([segment(12.0, 13.0, "x")], 11.2) == [Cue(11199, 11200, "x")]
