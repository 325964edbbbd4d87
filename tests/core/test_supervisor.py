"""Jobs, deadlines and deaths, with a made-up clock."""

import pytest

from sidecar.core.errors import AudioInvalid, ModelUnavailable
from sidecar.core.errors import Cancelled as CancelledError
from sidecar.core.events import (
    Answer,
    CancelJob,
    Exit,
    Garbled,
    JobSegment,
    Loaded,
    LoadModel,
    Log,
    RefuseModel,
    Reply,
    Send,
    Shutdown,
    Stop,
    Tick,
    UnloadModel,
    WorkerChanged,
)
from sidecar.core.ipc import Beat, Cancel, LoadFailed, ModelSpec
from sidecar.core.timing import Phase
from tests.core.world import MIB, World, policy, ready_world

GIB = 1024 * MIB


def test_a_job_runs_when_the_worker_is_ready_and_not_before() -> None:
    world = World()
    world.submit()
    assert world.runs() == []
    world.after(0.5)
    world.ready()
    assert world.runs() == ["job"]
    world.decode(" hello")
    world.finish()
    result = world.result()
    assert result.text == "hello"
    assert result.worker.job_index == 1
    assert result.timings.load_s == pytest.approx(0.5)
    assert result.timings.queue_s == pytest.approx(0.0)
    assert world.states() == ["idle"]


def test_segments_are_passed_on_as_they_come() -> None:
    world = ready_world()
    world.submit()
    world.decode(" one")
    assert len(world.of(JobSegment)) == 1
    assert world.of(Reply) == []


@pytest.mark.parametrize("busy", [False, True])
def test_who_has_slept_does_not_take_it_for_a_worker_s_silence(busy: bool) -> None:
    world = ready_world()
    if busy:
        world.submit(timeout_s=7200)
    world.hear(Beat(MIB))
    world.now += 3600
    world.tell(Tick())
    assert world.kills() == []
    world.after(world.supervisor.policy.stall_timeout_s - 0.2)
    assert world.kills() == []
    world.after(0.2)
    assert world.kills() == [1]


def test_who_has_slept_past_a_deadline_answers_at_once() -> None:
    world = ready_world()
    world.submit(timeout_s=60)
    world.now += 3600
    world.tell(Tick())
    assert world.kills() == [1]
    world.exit()
    assert world.replies() == [("job", "timeout")]


def test_jobs_wait_their_turn_by_priority_and_then_by_arrival() -> None:
    world = ready_world()
    world.submit("running")
    world.submit("first")
    world.submit("second")
    world.submit("urgent", priority=5)
    for job_id in ("running", "urgent", "first", "second"):
        world.finish(job_id)
    assert world.runs() == ["running", "urgent", "first", "second"]


def test_a_full_queue_answers_busy_with_an_estimate() -> None:
    world = ready_world(queue_limit=2)
    for job_id in ("a", "b", "c", "d"):
        world.submit(job_id)
    failure = world.failure("d")
    assert failure.error.kind == "busy"
    assert failure.error.details["queue_depth"] == 2
    assert isinstance(failure.error.details["retry_after_s"], float)
    assert world.replies() == [("d", "busy")]


def test_a_second_job_with_the_same_id_is_refused_and_the_first_is_untouched() -> None:
    world = ready_world()
    world.submit("same")
    world.submit("same")
    assert world.replies() == [("same", "invalid_params")]
    world.finish("same")
    assert world.replies()[1:] == [("same", "result")]


def test_a_queued_job_is_answered_at_its_deadline() -> None:
    world = World()
    world.submit(timeout_s=2.0)
    world.after(1.999)
    assert world.of(Reply) == []
    world.after(0.001)
    failure = world.failure()
    assert failure.error.kind == "timeout"
    assert failure.data.phase == "load"
    assert failure.data.partial is None


def test_a_running_job_is_answered_after_the_kill_is_confirmed() -> None:
    world = ready_world()
    world.submit(timeout_s=10.0)
    world.progress(Phase.GENERATE)
    world.decode(" so far")
    beat_until(world, 9.75)
    world.after(0.25)
    assert world.states() == ["killing"]
    assert world.of(Reply) == []
    world.exit(Exit(None, "SIGKILL", "", ("whisper.py:1 generate",)))
    failure = world.failure()
    assert failure.error.kind == "timeout"
    assert failure.error.details == {"budget": "total", "budget_s": 10.0}
    assert failure.data.device_released is True
    assert failure.data.partial is not None
    assert failure.data.partial.text == "so far"
    assert failure.data.phase == "generate"
    assert failure.data.stack == ("whisper.py:1 generate",)
    assert failure.data.worker is not None
    assert failure.data.worker.signal == "SIGKILL"


def beat_until(world: World, seconds: float, rss_bytes: int = 100 * MIB) -> None:
    for _ in range(round(seconds / 0.25)):
        world.after(0.25)
        world.hear(Beat(rss_bytes))


def killed_at_s(world: World) -> float:
    slot = world.supervisor.pool.slots[0]
    assert slot.killed_at_s is not None
    return slot.killed_at_s


@pytest.mark.parametrize(("rss_bytes", "lead_s"), [(100 * MIB, 0.0227), (3 * GIB, 0.342)])
def test_the_kill_begins_so_early_that_the_answer_is_in_time(rss_bytes: int, lead_s: float) -> None:
    world = ready_world()
    world.submit(timeout_s=10.0)
    began = world.now
    world.hear(Beat(rss_bytes))
    beat_until(world, 9.5, rss_bytes)
    world.after(1.0)
    assert killed_at_s(world) - began == pytest.approx(10.0 - lead_s, abs=0.001)


def test_kills_teach_how_long_the_next_one_takes() -> None:
    world = ready_world()
    before = world.supervisor.pool.kill_cost.lead_s(GIB)
    world.submit(timeout_s=1.0)
    world.after(1.0)
    world.now = killed_at_s(world) + 0.1
    world.exit()
    assert world.supervisor.pool.kill_cost.lead_s(GIB) > before


def test_iterating_the_segments_has_a_budget_of_its_own() -> None:
    world = ready_world()
    world.submit(timeout_s=60.0, segments_s=3.0)
    beat_until(world, 2.0)
    world.progress(Phase.SEGMENTS)
    beat_until(world, 2.75)
    world.after(0.25)
    world.exit()
    assert world.failure().error.details["budget"] == "segments"


def test_an_exit_that_cannot_be_confirmed_is_said_to_leave_the_device_held() -> None:
    world = ready_world()
    world.submit(timeout_s=1.0)
    world.after(1.0)
    assert world.of(Reply) == []
    world.after(2.0)
    failure = world.failure()
    assert failure.data.device_released is False
    assert world.states() == ["starting"]
    first = world.kills()[0]
    world.exit(generation=first)
    assert world.states() == ["starting"]


def test_a_result_that_arrives_while_the_worker_is_killed_is_not_lost() -> None:
    world = ready_world()
    world.submit(timeout_s=1.0)
    world.after(0.99)
    assert world.states() == ["killing"]
    world.finish()
    assert world.of(Reply) == []
    world.exit()
    assert world.replies() == [("job", "result")]


def test_a_frozen_worker_is_noticed_and_the_next_job_served() -> None:
    world = ready_world(stall_timeout_s=5.0)
    world.submit("first")
    world.submit("second")
    world.hear(Beat(100 * MIB))
    world.after(5.0)
    world.exit()
    assert world.replies() == [("first", "worker_stalled")]
    assert world.failure("first").data.device_released is True
    world.ready()
    world.finish("second")
    assert world.replies()[1:] == [("second", "result")]


def test_an_idle_worker_that_freezes_is_replaced_without_anybody_noticing() -> None:
    world = ready_world()
    world.after(5.0)
    world.exit()
    assert world.replies() == []
    assert world.states() == ["starting"]


def test_a_crash_is_reported_with_what_was_there_and_never_retried() -> None:
    world = ready_world()
    world.submit()
    world.decode(" partial")
    world.exit(Exit(None, "SIGSEGV", "boom"))
    failure = world.failure()
    assert failure.error.kind == "worker_crashed"
    assert failure.data.worker is not None
    assert failure.data.worker.signal == "SIGSEGV"
    assert failure.data.worker.stderr_tail == "boom"
    assert failure.data.partial is not None
    assert failure.data.partial.text == "partial"
    world.ready()
    assert world.runs() == ["job"]


def test_a_failed_job_is_not_a_failed_worker() -> None:
    world = ready_world()
    world.submit()
    world.fail(AudioInvalid("no audio in it"))
    assert world.replies() == [("job", "audio_invalid")]
    assert world.states() == ["idle"]
    assert world.kills() == []


def test_a_worker_that_garbles_its_pipe_is_killed() -> None:
    world = ready_world()
    world.submit()
    world.tell(Garbled(world.generation, "not a message"))
    assert world.states() == ["killing"]
    world.exit()
    assert world.replies() == [("job", "worker_crashed")]


def test_what_an_old_generation_says_is_not_heard() -> None:
    world = ready_world()
    world.submit("job")
    old = world.generation
    world.exit()
    world.ready()
    world.submit("next")
    world.finish("next", generation=old)
    assert world.replies() == [("job", "worker_crashed")]


def test_a_queued_job_is_cancelled_at_once() -> None:
    world = World()
    job = world.submit()
    world.tell(CancelJob(job))
    assert world.replies() == [("job", "cancelled")]


def test_a_running_job_is_asked_to_stop_and_the_worker_lives() -> None:
    world = ready_world()
    job = world.submit()
    world.tell(CancelJob(job))
    assert isinstance(world.of(Send)[-1].message, Cancel)
    world.fail(CancelledError("the request was cancelled"))
    assert world.replies() == [("job", "cancelled")]
    assert world.states() == ["idle"]


def test_a_cancel_that_is_not_obeyed_ends_in_the_kill() -> None:
    world = ready_world(cancel_grace_s=0.5)
    job = world.submit()
    world.tell(CancelJob(job))
    world.after(0.5)
    assert world.states() == ["killing"]
    world.exit()
    assert world.replies() == [("job", "cancelled")]


def test_a_result_that_races_with_a_cancel_is_the_one_answer() -> None:
    world = ready_world()
    job = world.submit()
    world.tell(CancelJob(job))
    world.finish()
    world.tell(CancelJob(job))
    world.after(5.0)
    assert world.replies() == [("job", "result")]


def test_no_model_is_said_at_once() -> None:
    world = World(model=None)
    world.tell(RefuseModel(ModelUnavailable("no model is configured")))
    world.submit()
    assert world.replies() == [("job", "model_unavailable")]


def test_a_model_that_cannot_be_loaded_is_said_to_all_and_not_tried_again() -> None:
    world = World()
    world.submit("waiting")
    world.hear(LoadFailed("model_unavailable", "model.bin is damaged"))
    world.exit(Exit(3))
    world.submit("later")
    assert world.replies() == [("waiting", "model_unavailable"), ("later", "model_unavailable")]
    assert "damaged" in world.failure("later").error.message
    assert world.states() == ["backoff"]
    world.after(1000.0)
    assert world.states() == ["backoff"]


def test_loading_a_model_answers_when_a_worker_has_it() -> None:
    world = World(model=None)
    world.tell(LoadModel(ModelSpec("a", "/a"), "asker"))
    assert world.of(Answer) == []
    world.ready()
    (answer,) = world.of(Answer)
    assert answer.reply_to == "asker"
    assert isinstance(answer.outcome, Loaded)


def test_another_model_replaces_the_worker_after_its_job() -> None:
    world = ready_world()
    world.submit("before")
    world.tell(LoadModel(ModelSpec("other", "/other"), "asker"))
    world.submit("after")
    assert world.states() == ["busy"]
    world.finish("before")
    assert world.states() == ["killing"]
    world.exit()
    world.ready()
    world.finish("after")
    assert [kind for _, kind in world.replies()] == ["result", "result"]
    assert len(world.of(Answer)) == 1


def test_unloading_frees_the_device_until_the_next_job() -> None:
    world = ready_world()
    world.tell(UnloadModel("asker"))
    world.exit()
    assert len(world.of(Answer)) == 1
    world.after(60.0)
    assert world.states() == ["backoff"]
    world.submit()
    assert world.states() == ["starting"]


def test_shutting_down_answers_the_queue_and_lets_the_running_job_finish() -> None:
    world = ready_world()
    world.submit("running")
    world.submit("waiting")
    world.tell(Shutdown(5.0, reply_to="asker"))
    assert world.replies() == [("waiting", "shutting_down")]
    world.submit("late")
    world.finish("running")
    assert world.replies()[1:] == [("late", "shutting_down"), ("running", "result")]
    world.exit()
    assert [answer.reply_to for answer in world.of(Answer)] == ["asker"]
    assert len(world.of(Stop)) == 1
    assert world.states() == ["stopped"]


def test_a_job_that_outlasts_the_grace_is_answered_with_what_there_is() -> None:
    world = ready_world()
    world.submit()
    world.decode(" so far")
    world.tell(Shutdown(1.0))
    world.after(1.0)
    world.exit()
    failure = world.failure()
    assert failure.error.kind == "shutting_down"
    assert failure.data.partial is not None
    assert failure.data.partial.text == "so far"
    assert len(world.of(Stop)) == 1


def test_at_the_end_of_the_input_queued_jobs_still_run_within_the_grace() -> None:
    world = ready_world()
    world.submit("running")
    world.submit("waiting")
    world.tell(Shutdown(5.0, finish_queue=True))
    world.finish("running")
    world.finish("waiting")
    assert world.replies() == [("running", "result"), ("waiting", "result")]
    world.exit()
    assert len(world.of(Stop)) == 1


def test_shutting_down_while_the_model_loads_leaves_nothing() -> None:
    world = World()
    world.tell(Shutdown(5.0))
    world.exit()
    assert len(world.of(Stop)) == 1
    assert world.supervisor.next_deadline() is None


def test_several_workers_run_several_jobs() -> None:
    world = World(policy(workers=2))
    world.ready(1)
    world.ready(2)
    world.submit("a")
    world.submit("b")
    world.submit("c")
    assert world.runs() == ["a", "b"]
    world.finish("b", generation=2)
    assert world.runs() == ["a", "b", "c"]


def test_every_change_of_a_worker_is_told() -> None:
    world = ready_world()
    world.submit()
    world.finish()
    assert [change.state for change in world.of(WorkerChanged)] == [
        "starting",
        "idle",
        "busy",
        "idle",
    ]


def test_each_phase_is_logged_when_it_ends_with_what_the_log_promises() -> None:
    world = ready_world()
    world.submit()
    for phase in (Phase.DECODE, Phase.VAD, Phase.SEGMENTS, Phase.ENCODE, Phase.GENERATE):
        world.progress(phase)
    world.decode(" secret")
    world.after(0.5)
    world.finish()
    records = [log.record for log in world.of(Log) if log.record.event == "job/phase"]
    assert [record.phase for record in records] == ["decode", "vad", "segments"]
    assert {record.audio_s for record in records} == {10.0}
    assert {record.trace_id for record in records} == {"trace-job"}
    assert {record.job_index for record in records} == {1}
    assert records[-1].segments == 1
    assert not [log for log in world.of(Log) if "secret" in str(log.record)]
