"""The results of the methods that are not jobs, and the params of the notifications."""

from typing import Any

from msgspec import Struct

from sidecar.core.result import ModelInfo, Segment
from sidecar.core.statistics import Percentiles
from sidecar.models import InstalledModel


class ServerInfo(Struct, frozen=True):
    """Who answers."""

    name: str
    version: str


class Limits(Struct, frozen=True):
    """What is refused beyond."""

    max_message_bytes: int
    max_audio_s: float
    max_audio_bytes: int
    queue_limit: int
    workers: int


class Capabilities(Struct, frozen=True):
    """What this server can do."""

    methods: list[str]
    notifications: list[str]
    vad: list[str]
    audio_formats: list[str]
    framings: list[str]


class Initialized(Struct, frozen=True):
    """Result of `initialize`."""

    server: ServerInfo
    protocol: int
    capabilities: Capabilities
    limits: Limits
    pid: int


class Pong(Struct, frozen=True):
    """Result of `ping`."""

    pong: bool
    uptime_s: float


class CancelResult(Struct, frozen=True):
    """Result of `cancel`: whether there was something to cancel."""

    cancelled: bool


class Ok(Struct, frozen=True):
    """Result of `shutdown` and `models.unload`."""

    ok: bool = True


class ModelLoaded(Struct, frozen=True):
    """Result of `models.load`."""

    model: ModelInfo
    load_s: float


class ModelList(Struct, frozen=True):
    """Result of `models.list`. `configured` is the model that jobs get."""

    models: list[InstalledModel]
    configured: str | None
    loaded: ModelInfo | None


class WorkerStatus(Struct, frozen=True):
    """One worker slot."""

    worker: int
    state: str
    generation: int
    pid: int | None
    uptime_s: float
    rss_bytes: int
    jobs: int
    job_id: str | None
    phase: str | None
    model: ModelInfo | None


class QueueStatus(Struct, frozen=True):
    """The queue: how many wait, how many may, and the jobs in the order they would run."""

    depth: int
    limit: int
    job_ids: list[str]


class DeepStatus(Struct, frozen=True):
    """The built-in sample, transcribed: `ok` is whether its text is what it should be."""

    ok: bool
    text: str | None
    expected: str
    total_s: float
    error: str | None


class Status(Struct, frozen=True):
    """Result of `status`."""

    state: str
    uptime_s: float
    workers: list[WorkerStatus]
    queue: QueueStatus
    counters: dict[str, int]
    latency: dict[str, Percentiles]
    rss_bytes: int
    dropped_notifications: int
    dropped_log_lines: int
    problem: str | None
    deep: DeepStatus | None = None


class JobStartedParams(Struct, frozen=True):
    """Params of `job/started`."""

    job_id: str
    trace_id: str
    worker_generation: int
    queue_s: float
    load_s: float


class JobSegmentParams(Struct, frozen=True):
    """Params of `job/segment`."""

    job_id: str
    segment: Segment


class JobProgressParams(Struct, frozen=True):
    """Params of `job/progress`: `fraction` of the audio that is done, within [0, 1]."""

    job_id: str
    fraction: float
    audio_s: float
    phase: str


class WorkDoneProgress(Struct, frozen=True):
    """Params of `$/progress` (Language Server Protocol)."""

    token: str | int
    value: dict[str, Any]


class WorkerStateParams(Struct, frozen=True):
    """Params of `worker/state`."""

    worker: int
    state: str
    generation: int
    pid: int | None
    reason: str | None
