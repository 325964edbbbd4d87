"""The shape of a log line."""

from typing import Literal

from msgspec import Struct

Level = Literal["debug", "info", "warning", "error"]


class LogRecord(Struct, frozen=True, omit_defaults=True):
    """One line of the log, as JSON. What does not apply is left out."""

    event: str
    level: Level = "info"
    message: str | None = None
    trace_id: str | None = None
    job_id: str | None = None
    phase: str | None = None
    state: str | None = None
    phase_s: float | None = None
    elapsed_s: float | None = None
    audio_s: float | None = None
    worker: int | None = None
    generation: int | None = None
    pid: int | None = None
    worker_uptime_s: float | None = None
    job_index: int | None = None
    segments: int | None = None
    kind: str | None = None
    text: str | None = None
