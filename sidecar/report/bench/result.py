"""What a benchmark measured; this is also the file that `--json` writes and `--baseline` reads."""

from collections.abc import Sequence

from msgspec import Struct, field


class Machine(Struct, frozen=True):
    """Where it ran."""

    system: str
    processor: str
    physical_cores: int
    memory_bytes: int
    gpu: str = ""


class Setup(Struct, frozen=True):
    """One combination of what is varied."""

    model: str
    threads: int
    """0: one for each physical core."""
    beam_size: int


class Measured(Struct, frozen=True):
    """One run of one file."""

    latency_s: float
    """From the request to the answer, by a worker that is loaded and has done a job before."""
    first_segment_s: float | None
    """Until the first segment; None: there was none."""
    fallbacks: int
    """Attempts beyond the first of each window; a first look and the rest are one."""
    peak_bytes: int
    """The most memory its worker held meanwhile; 0: not known."""
    degraded: bool
    text: str


class Row(Struct, frozen=True):
    """All runs of one file in one setup."""

    file: str
    setup: Setup
    duration_s: float
    device: str
    compute_type: str
    runs: Sequence[Measured]
    failures: Sequence[str] = ()
    """Kinds of errors."""
    word_error_rate: float | None = None
    character_error_rate: float | None = None
    """Of all runs; None: there is no reference."""


class BenchResult(Struct, frozen=True):
    """Everything that was measured, and by what."""

    measured_at: str
    """UTC, ISO 8601."""
    machine: Machine
    versions: dict[str, str]
    settings: dict[str, str]
    """Those that are not at their defaults and were not varied."""
    rows: Sequence[Row]
    interrupted: bool = False
    format: int = field(default=1)
