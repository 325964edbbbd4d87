"""What is written about one file, in each of the formats."""

from typing import Literal, get_args

import msgspec

from sidecar.commands import subtitles
from sidecar.core.reply import Failure, Outcome

Format = Literal["txt", "json", "srt", "vtt", "tsv"]
FORMATS: tuple[Format, ...] = get_args(Format)

_OF_CUES = {
    "txt": subtitles.txt,
    "srt": subtitles.srt,
    "vtt": subtitles.vtt,
    "tsv": subtitles.tsv,
}


def rendered(outcome: Outcome, form: Format, *, one_line: bool = False) -> bytes | None:
    """The document, in UTF-8; None where there is nothing to say in this format.

    A failure has a document in JSON alone: what was transcribed before it is not the transcript.
    """
    if form == "json":
        line = _json(outcome)
        return (line if one_line else msgspec.json.format(line, indent=2)) + b"\n"
    if isinstance(outcome, Failure):
        return None
    cues = subtitles.cues_of(outcome.segments, outcome.duration_s)
    return _OF_CUES[form](cues).encode("utf-8", "replace")


def _json(outcome: Outcome) -> bytes:
    """The `result` or the `error` of the wire."""
    if not isinstance(outcome, Failure):
        return msgspec.json.encode(outcome)
    error = outcome.error
    body = {"code": error.code, "message": error.message, "data": outcome.wire_data()}
    return msgspec.json.encode({"error": body})
