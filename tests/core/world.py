"""A made-up world for the supervisor: its clock, its workers, and what it decided."""

from math import inf
from typing import TypeVar

from msgspec import structs

from sidecar.core.budget import Budget
from sidecar.core.errors import SidecarError
from sidecar.core.events import (
    Action,
    Event,
    Exit,
    Exited,
    Heard,
    Kill,
    LoadModel,
    Reply,
    Send,
    Spawn,
    Spawned,
    Submit,
    Tick,
)
from sidecar.core.ipc import (
    AudioLimits,
    Decoded,
    Done,
    Failed,
    FromWorker,
    Load,
    ModelSpec,
    Progress,
    Ready,
    Run,
)
from sidecar.core.job import Job
from sidecar.core.policy import Policy
from sidecar.core.reply import Failure, TranscribeResult
from sidecar.core.request import AudioSource, Transcription
from sidecar.core.result import ModelInfo, Segment, Transcript
from sidecar.core.supervisor import Supervisor
from sidecar.core.timing import Phase, Timings

MODEL = ModelSpec("selftest", "/models/selftest")
INFO = ModelInfo("selftest", "/models/selftest", "cpu", "int8")
MIB = 1 << 20
POLICY = Policy(limits=AudioLimits(3600.0, 1 << 30))
KILLED = Exit(None, "SIGKILL")

A = TypeVar("A")


class World:
    """The supervisor under test. Time moves only through `at` and `after`."""

    def __init__(self, policy: Policy = POLICY, model: ModelSpec | None = MODEL) -> None:
        self.now = 100.0
        self.supervisor = Supervisor(policy)
        self.done: list[Action] = []
        self.pid = 1000
        if model is not None:
            self.tell(LoadModel(model))

    def tell(self, event: Event) -> list[Action]:
        """Handle `event` now; processes come into being as soon as they are asked for."""
        actions = self.supervisor.handle(event, self.now)
        self.done += actions
        for action in actions:
            if isinstance(action, Spawn):
                self.pid += 1
                self.tell(Spawned(action.generation, self.pid))
        return actions

    def after(self, seconds: float) -> None:
        """Let time pass, with a tick whenever one is due."""
        end = self.now + seconds
        for _ in range(1000):
            due = self.supervisor.next_deadline()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.tell(Tick())
        else:
            raise AssertionError("the supervisor is never satisfied")
        self.now = end

    def of(self, kind: type[A]) -> list[A]:
        """The actions of a kind, in their order."""
        return [action for action in self.done if isinstance(action, kind)]

    @property
    def generation(self) -> int:
        """The youngest worker's."""
        return self.of(Spawn)[-1].generation

    def hear(self, message: FromWorker, generation: int | None = None) -> None:
        """The worker says something."""
        self.tell(Heard(generation or self.generation, message))

    def ready(self, generation: int | None = None, rss_bytes: int = 100 * MIB) -> None:
        """The worker has loaded its model."""
        self.hear(Ready(INFO, 0.5, rss_bytes), generation)

    def exit(self, exit: Exit = KILLED, generation: int | None = None) -> None:
        """The worker's process is gone."""
        self.tell(Exited(generation or self.generation, exit))

    def submit(
        self,
        job_id: str = "job",
        *,
        timeout_s: float = 60.0,
        segments_s: float = 40.0,
        priority: int = 0,
        profile: bool = False,
        identity: str = "",
        unchanged_for_s: float = inf,
    ) -> Job:
        """A request arrives."""
        job = Job(
            job_id,
            f"trace-{job_id}",
            Transcription(AudioSource(path="a.wav"), profile=profile),
            total=Budget(timeout_s),
            segments=Budget(segments_s),
            received_at_s=self.now,
            priority=priority,
            identity=identity,
            unchanged_for_s=unchanged_for_s,
        )
        self.tell(Submit(job))
        return job

    def progress(self, phase: Phase, job_id: str = "job", duration_s: float = 10.0) -> None:
        """The worker reports a phase."""
        self.hear(Progress(job_id, phase, Timings(total_s=0.1), duration_s))

    def decode(self, text: str, job_id: str = "job") -> None:
        """The worker has decoded a segment."""
        self.hear(Decoded(job_id, Segment(1, 0.0, 2.0, text, -0.2, 1.1, 0.01, 0.0)))

    def finish(self, job_id: str = "job", generation: int | None = None) -> None:
        """The worker is done with the job."""
        self.hear(Done(job_id, TRANSCRIPT), generation)

    def fail(self, error: SidecarError, job_id: str = "job", generation: int | None = None) -> None:
        """The job failed in the worker."""
        failed = Failed(job_id, error.kind, error.message, Timings(), error.details)
        self.hear(failed, generation)

    def states(self) -> list[str]:
        """Of the worker slots."""
        return [slot.state.value for slot in self.supervisor.pool.slots]

    def replies(self) -> list[tuple[str, str]]:
        """Job ids and kinds of all answers."""
        return [(reply.job.job_id, kind_of(reply)) for reply in self.of(Reply)]

    def failure(self, job_id: str = "job") -> Failure:
        """The one error that a job was answered with."""
        (reply,) = [reply for reply in self.of(Reply) if reply.job.job_id == job_id]
        assert isinstance(reply.outcome, Failure)
        return reply.outcome

    def result(self, job_id: str = "job") -> TranscribeResult:
        """The one result that a job was answered with."""
        (reply,) = [reply for reply in self.of(Reply) if reply.job.job_id == job_id]
        assert isinstance(reply.outcome, TranscribeResult)
        return reply.outcome

    def runs(self) -> list[str]:
        """The job ids in the order they were given to workers."""
        return [send.message.job_id for send in self.of(Send) if isinstance(send.message, Run)]

    def loads(self) -> list[int]:
        """The generations that were told to load a model."""
        return [send.generation for send in self.of(Send) if isinstance(send.message, Load)]

    def kills(self) -> list[int]:
        """The generations that were killed."""
        return [kill.generation for kill in self.of(Kill)]


def kind_of(reply: Reply) -> str:
    return reply.outcome.error.kind if isinstance(reply.outcome, Failure) else "result"


def policy(**changes: object) -> Policy:
    """The usual policy with some numbers changed."""
    return structs.replace(POLICY, **changes)


def ready_world(**changes: object) -> World:
    """A world whose worker is ready."""
    world = World(policy(**changes))
    world.ready()
    return world


TRANSCRIPT = Transcript(
    text="",
    language="en",
    language_probability=0.99,
    language_probabilities={"en": 0.99},
    segments=(),
    duration_s=10.0,
    speech=None,
    duration_after_vad_s=10.0,
    timings=Timings(encode_s=0.1, segments_s=0.15, total_s=0.2),
    warnings=(),
    degraded=False,
)
