"""Whatever happens in whatever order: each job is answered once, and nothing is left."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sidecar.core.errors import AudioInvalid, Cancelled, ModelUnavailable
from sidecar.core.events import (
    CancelJob,
    Exit,
    Garbled,
    LoadModel,
    RefuseModel,
    Reply,
    Shutdown,
    Spawn,
    Stop,
    UnloadModel,
)
from sidecar.core.ipc import Beat, LoadFailed, ModelSpec
from sidecar.core.job import Job
from sidecar.core.states import WorkerState
from sidecar.core.timing import Phase
from tests.core.world import World, policy

EXITS = [Exit(None, "SIGKILL"), Exit(None, "SIGSEGV"), Exit(1), Exit(12), Exit(0)]
MODELS = [ModelSpec("a", "/a"), ModelSpec("b", "/b")]


class Storm(RuleBasedStateMachine):
    """All events there are, at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []
        self.world = World()

    @precondition(lambda self: not self.jobs and self.world.now == 100.0)
    @rule(
        workers=st.integers(1, 3),
        standby=st.sampled_from(["off", "warm", "hot"]),
        max_failed_starts=st.integers(1, 3),
    )
    def begin(self, workers: int, standby: str, max_failed_starts: int) -> None:
        self.world = World(
            policy(
                workers=workers,
                standby=standby,
                max_failed_starts=max_failed_starts,
                queue_limit=3,
            )
        )

    def generations(self) -> list[int]:
        """Of the processes that exist."""
        gone = {WorkerState.STOPPED, WorkerState.BACKOFF, WorkerState.BROKEN}
        return [s.generation for s in self.world.supervisor.pool.slots if s.state not in gone]

    def one_of(self, pick: int) -> int:
        spawned = [spawn.generation for spawn in self.world.of(Spawn)]
        return spawned[pick % len(spawned)] if spawned else 0

    @rule(timeout_s=st.sampled_from([0.01, 1.0, 60.0]), priority=st.integers(-1, 1))
    def submit(self, timeout_s: float, priority: int) -> None:
        name = f"job-{len(self.jobs)}"
        self.jobs.append(self.world.submit(name, timeout_s=timeout_s, priority=priority))

    @precondition(lambda self: self.jobs)
    @rule(pick=st.integers(0, 99))
    def cancel(self, pick: int) -> None:
        self.world.tell(CancelJob(self.jobs[pick % len(self.jobs)]))

    @rule(pick=st.integers(0, 99), exit=st.sampled_from(EXITS))
    def exit(self, pick: int, exit: Exit) -> None:
        self.world.exit(exit, self.one_of(pick))

    @rule(pick=st.integers(0, 99), rss_bytes=st.integers(0, 1 << 34))
    def ready(self, pick: int, rss_bytes: int) -> None:
        self.world.ready(self.one_of(pick), rss_bytes)

    @rule(pick=st.integers(0, 99), kind=st.sampled_from(["model_unavailable", "out_of_memory"]))
    def fail_to_load(self, pick: int, kind: str) -> None:
        self.world.hear(LoadFailed(kind, "it does not load"), self.one_of(pick))

    @rule(pick=st.integers(0, 99))
    def garble(self, pick: int) -> None:
        self.world.tell(Garbled(self.one_of(pick), "noise"))

    @rule()
    def beat(self) -> None:
        for generation in self.generations():
            self.world.hear(Beat(1 << 27), generation)

    @rule(phase=st.sampled_from(Phase), duration_s=st.sampled_from([0.0, 10.0, 3000.0]))
    def progress(self, phase: Phase, duration_s: float) -> None:
        for slot in self.world.supervisor.pool.slots:
            if slot.job:
                self.world.progress(phase, slot.job.job_id, duration_s)

    @rule(pick=st.integers(0, 9), how=st.sampled_from(["finish", "invalid", "cancelled"]))
    def end(self, pick: int, how: str) -> None:
        busy = [slot for slot in self.world.supervisor.pool.slots if slot.job]
        if not busy:
            return
        slot = busy[pick % len(busy)]
        assert slot.job is not None
        job_id = slot.job.job_id
        if how == "finish":
            self.world.finish(job_id, slot.generation)
        elif how == "invalid":
            self.world.fail(AudioInvalid("noise"), job_id, slot.generation)
        elif slot.job.cancel_by_s is not None:
            self.world.fail(Cancelled("cancelled"), job_id, slot.generation)

    @rule(seconds=st.sampled_from([0.001, 0.3, 2.5, 130.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.after(seconds)

    @rule(model=st.sampled_from(MODELS))
    def load(self, model: ModelSpec) -> None:
        self.world.tell(LoadModel(model, "asker"))

    @rule()
    def unload(self) -> None:
        self.world.tell(UnloadModel("asker"))

    @rule()
    def refuse(self) -> None:
        self.world.tell(RefuseModel(ModelUnavailable("no model")))

    @rule(grace_s=st.sampled_from([0.0, 1.0]), finish_queue=st.booleans())
    def shut_down(self, grace_s: float, finish_queue: bool) -> None:
        self.world.tell(Shutdown(grace_s, finish_queue))

    @invariant()
    def no_job_is_answered_twice(self) -> None:
        answers = Counter(reply.job.job_id for reply in self.world.of(Reply))
        assert not [job_id for job_id, count in answers.items() if count > 1]

    @invariant()
    def no_more_jobs_run_than_there_are_workers(self) -> None:
        supervisor = self.world.supervisor
        running = [slot for slot in supervisor.pool.slots if slot.job]
        assert len(running) <= supervisor.policy.workers

    @invariant()
    def every_job_is_answered_or_waits_or_runs(self) -> None:
        supervisor = self.world.supervisor
        running = [slot.job for slot in supervisor.pool.slots]
        for job in self.jobs:
            assert job.answered or job in list(supervisor.ledger.queue) or job in running

    def teardown(self) -> None:
        """Shut down: every job has its answer then, every process was told to go."""
        self.world.tell(Shutdown(0.0))
        for _ in range(20):
            for generation in self.generations():
                self.world.exit(Exit(None, "SIGKILL"), generation)
            self.world.after(1.0)
        assert all(job.answered for job in self.jobs)
        assert len(self.world.of(Reply)) == len(self.jobs)
        assert len(self.world.of(Stop)) == 1
        assert self.world.supervisor.next_deadline() is None


StormTest = Storm.TestCase
StormTest.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
