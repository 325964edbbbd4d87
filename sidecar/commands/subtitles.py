"""Segments as SubRip, WebVTT and tab-separated values. Pure: typed values in, text out."""

import re
from collections.abc import Iterable

from msgspec import Struct

from sidecar.core.result import Segment

ARROW = " --> "


class Cue(Struct, frozen=True):
    """One line of text on the screen, which is never empty, and when: `start_ms < end_ms`."""

    start_ms: int
    end_ms: int
    text: str


def cues_of(segments: Iterable[Segment], duration_s: float) -> list[Cue]:
    """The segments that have text, on one line each, their times within the audio."""
    last_ms = max(1, _milliseconds(duration_s))
    cues = []
    for segment in segments:
        if text := " ".join(segment.text.split()):
            start_ms = min(max(0, _milliseconds(segment.start)), last_ms - 1)
            end_ms = min(max(start_ms + 1, _milliseconds(segment.end)), last_ms)
            cues.append(Cue(start_ms, end_ms, text))
    return cues


def txt(cues: Iterable[Cue]) -> str:
    """The bare text, one line for each segment."""
    return "".join(f"{cue.text}\n" for cue in cues)


def srt(cues: Iterable[Cue]) -> str:
    """SubRip. It has no escapes, so an arrow in the text becomes a shorter one."""
    return "\n".join(
        f"{number}\n{_times(cue, ',')}\n{re.sub('-{2,}>', '->', cue.text)}\n"
        for number, cue in enumerate(cues, start=1)
    )


def vtt(cues: Iterable[Cue]) -> str:
    """WebVTT."""
    return "WEBVTT\n" + "".join(f"\n{_times(cue, '.')}\n{_escaped(cue.text)}\n" for cue in cues)


def tsv(cues: Iterable[Cue]) -> str:
    """Start and end in milliseconds and the text, as OpenAI's whisper writes them."""
    rows = "".join(f"{cue.start_ms}\t{cue.end_ms}\t{cue.text}\n" for cue in cues)
    return "start\tend\ttext\n" + rows


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _times(cue: Cue, point: str) -> str:
    return _clock(cue.start_ms, point) + ARROW + _clock(cue.end_ms, point)


def _clock(milliseconds: int, point: str) -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{milliseconds:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
