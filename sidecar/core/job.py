"""One job, from the request to its answer, and the queue it waits in."""

import heapq
from collections.abc import Iterator
from itertools import count
from math import inf

from msgspec import structs

from sidecar.core.budget import Budget
from sidecar.core.errors import SidecarError
from sidecar.core.ipc import Profiled, Progress
from sidecar.core.request import Transcription
from sidecar.core.result import Segment, Transcript, Window
from sidecar.core.states import FINAL_JOBS, JOB_MOVES, JobMove, JobState, moved
from sidecar.core.timing import Phase, PhaseSpan, Timings, field_of


class Job:
    """What is known about one transcription. The supervisor alone changes it."""

    def __init__(
        self,
        job_id: str,
        trace_id: str,
        transcription: Transcription,
        *,
        payload: bytes = b"",
        total: Budget,
        segments: Budget,
        received_at_s: float,
        priority: int = 0,
        reply_to: object = None,
        identity: str = "",
        unchanged_for_s: float = inf,
    ) -> None:
        self.job_id = job_id
        self.trace_id = trace_id
        self.transcription = transcription
        self.payload = payload
        self.total = total
        self.segments = segments
        self.received_at_s = received_at_s
        self.priority = priority
        self.reply_to = reply_to
        """Whom to answer: the shell's business, opaque here."""
        self.identity = identity
        """By which the same audio is known again; empty: never."""
        self.unchanged_for_s = unchanged_for_s
        """For how long there was this audio, and no other, under its identity."""
        self.state = JobState.QUEUED
        self.dispatched_at_s: float | None = None
        self.queue_s = 0.0
        self.load_s = 0.0
        self.decoded: list[Segment] = []
        self.windows: list[Window] = []
        self.spans: list[PhaseSpan] = []
        self._running: tuple[PhaseSpan, ...] = ()
        self.transcript: Transcript | None = None
        self.error: SidecarError | None = None
        """Why its worker is being killed: the answer, once the exit is confirmed."""
        self.cancel_by_s: float | None = None
        self._progress: Progress | None = None
        self._progress_at_s = received_at_s
        self._iterating_since_s: float | None = None

    @property
    def answered(self) -> bool:
        """Whether its one reply was sent."""
        return self.state in FINAL_JOBS

    @property
    def phase(self) -> Phase:
        """The phase it is in, or was in last."""
        if self._progress is not None:
            return self._progress.phase
        return Phase.QUEUE if self.dispatched_at_s is None else Phase.DECODE

    @property
    def language(self) -> str | None:
        """The language, as far as it is known."""
        return (self._progress and self._progress.language) or self.transcription.language

    @property
    def duration_s(self) -> float:
        """Seconds of audio; 0 while it is not known."""
        return self._progress.duration_s if self._progress else 0.0

    @property
    def covered_s(self) -> float:
        """Seconds of the input audio that have been transcribed."""
        covered_s = self._progress.covered_s if self._progress else 0.0
        covered_s = max(covered_s, self.decoded[-1].end if self.decoded else 0.0)
        # A model that is lost gives times beyond the audio.
        return min(covered_s, self.duration_s) if self.duration_s else covered_s

    def move(self, move: JobMove) -> None:
        """Change the state; raises `IllegalMove` for what the table does not have."""
        self.state = moved(JOB_MOVES, self.state, move)

    def dispatched(self, now: float, ready_at_s: float, spawned_at_s: float) -> None:
        """A worker takes it: tell the wait for a worker's load from the wait in the queue."""
        self.move(JobMove.DISPATCH)
        self.dispatched_at_s = self._progress_at_s = now
        waited_s = now - self.received_at_s
        loading_since_s = max(spawned_at_s, self.received_at_s)
        self.load_s = min(waited_s, max(0.0, ready_at_s - loading_since_s))
        self.queue_s = waited_s - self.load_s
        waits = (
            (Phase.QUEUE, self.received_at_s, loading_since_s),
            (Phase.LOAD, loading_since_s, ready_at_s),
            (Phase.QUEUE, max(self.received_at_s, ready_at_s), now),
        )
        self.spans += [
            PhaseSpan(phase, since_s - self.received_at_s, until_s - since_s)
            for phase, since_s, until_s in waits
            if until_s > since_s
        ]

    def progressed(self, progress: Progress, now: float) -> None:
        """The worker reports a phase or a finished window."""
        self._progress = progress
        self._progress_at_s = now
        if self._iterating_since_s is None and progress.phase in _ITERATING:
            self._iterating_since_s = now

    def profiled(self, profiled: Profiled) -> None:
        """The worker reports what it has been through."""
        self.spans.extend(profiled.spans)
        self._running = profiled.running
        self.windows[profiled.first_window :] = profiled.windows

    def spans_until(self, now: float) -> list[PhaseSpan]:
        """The stays in phases; those that it was in when it ended last until now."""
        elapsed_s = now - self.received_at_s
        cut = [structs.replace(span, took_s=elapsed_s - span.at_s) for span in self._running]
        return self.spans + cut

    def deadline(self) -> tuple[float, str]:
        """When its time is up, and which budget says so."""
        total_at_s = self.received_at_s + self.total.limit_s(self.duration_s)
        if self._iterating_since_s is not None:
            segments_at_s = self._iterating_since_s + self.segments.limit_s(self.duration_s)
            if segments_at_s < total_at_s:
                return segments_at_s, "segments"
        return total_at_s, "total"

    def limit_s(self, budget: str) -> float:
        """The seconds that `budget` allows."""
        return (self.segments if budget == "segments" else self.total).limit_s(self.duration_s)

    def timings(self, now: float) -> Timings:
        """Seconds by phase up to now; the phase it is in gets what no report has covered."""
        if self.dispatched_at_s is None:
            waited_s = now - self.received_at_s
            return Timings(queue_s=waited_s, total_s=waited_s)
        if self.transcript is not None:
            return self.completed(self.transcript.timings, now)
        reported = self._progress.timings if self._progress else Timings()
        since_s = now - self._progress_at_s
        name = field_of(self.phase)
        reported = structs.replace(
            reported,
            **{name: getattr(reported, name) + since_s},
            total_s=reported.total_s + since_s,
        )
        if self._iterating_since_s is not None:
            reported = structs.replace(reported, segments_s=now - self._iterating_since_s)
        return self.completed(reported, now)

    def completed(self, worker: Timings, now: float) -> Timings:
        """The worker's timings with what only the parent sees."""
        total_s = now - self.received_at_s
        return structs.replace(
            worker,
            queue_s=self.queue_s,
            load_s=self.load_s,
            pipe_s=max(0.0, total_s - self.queue_s - self.load_s - worker.total_s),
            total_s=total_s,
        )


_ITERATING = frozenset({Phase.SEGMENTS, Phase.GENERATE, Phase.ALIGN})
"""Not `encode`: the language detection encodes too, before the iteration begins."""


class JobQueue:
    """Waiting jobs: the highest priority first, first come first served within one."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Job]] = []
        self._arrivals = count()

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Job]:
        return iter([job for _, _, job in sorted(self._heap, key=lambda entry: entry[:2])])

    def push(self, job: Job) -> None:
        """Let it wait."""
        heapq.heappush(self._heap, (-job.priority, next(self._arrivals), job))

    def pop(self) -> Job:
        """The next job; the queue must not be empty."""
        return heapq.heappop(self._heap)[2]

    def remove(self, job: Job) -> None:
        """Take it out of the line."""
        self._heap = [entry for entry in self._heap if entry[2] is not job]
        heapq.heapify(self._heap)
