"""Starts, standby and the breaker, with a made-up clock."""

from sidecar.core.events import Answer, Exit, Loaded, LoadModel
from sidecar.core.ipc import Hello, LoadFailed, ModelSpec
from tests.core.world import MODEL, World, policy, ready_world

CRASH = Exit(1, None, "ImportError: no module")


def test_loading_has_a_limit() -> None:
    world = World(policy(load_timeout_s=10.0))
    world.after(10.0)
    assert world.states() == ["killing"]
    world.exit()
    world.after(0.25)
    assert world.states() == ["starting"]


def test_failed_starts_pause_longer_each_time_and_then_end() -> None:
    world = World(policy(max_failed_starts=4))
    pauses = []
    for _ in range(3):
        world.exit(CRASH)
        due_s = world.supervisor.next_deadline()
        assert due_s is not None
        pauses.append(due_s - world.now)
        world.after(pauses[-1])
    world.exit(CRASH)
    assert pauses == sorted(pauses)
    assert pauses[0] > 0
    assert world.states() == ["broken"]
    world.submit()
    assert world.replies() == [("job", "worker_unavailable")]
    assert "ImportError" in world.failure().error.message
    assert world.supervisor.next_deadline() is None


def test_jobs_that_wait_for_a_worker_learn_that_none_will_come() -> None:
    world = World(policy(max_failed_starts=1))
    world.submit()
    world.exit(CRASH)
    assert world.replies() == [("job", "worker_unavailable")]


def test_loading_the_model_mends_a_broken_pool() -> None:
    world = World(policy(max_failed_starts=1))
    world.exit(CRASH)
    world.tell(LoadModel(MODEL, "asker"))
    assert world.states() == ["starting"]
    world.ready()
    assert [answer.reply_to for answer in world.of(Answer)] == ["asker"]


def test_a_worker_that_dies_at_once_when_idle_counts_as_failed_start() -> None:
    world = World(policy(max_failed_starts=2))
    for _ in range(2):
        world.ready()
        world.after(0.1)
        world.exit(CRASH)
        world.after(1.0)
    assert world.states() == ["broken"]


def test_crashes_under_jobs_do_not_break_the_pool() -> None:
    world = ready_world(max_failed_starts=2)
    for number in range(5):
        world.submit(f"poison-{number}")
        world.exit(Exit(None, "SIGSEGV"))
        world.ready()
    assert world.states() == ["idle"]
    assert {kind for _, kind in world.replies()} == {"worker_crashed"}


def test_kills_at_the_deadline_do_not_count_as_failed_starts() -> None:
    world = ready_world(max_failed_starts=1)
    world.submit(timeout_s=1.0)
    world.after(1.0)
    world.exit()
    assert world.states() == ["starting"]


def test_without_standby_there_is_one_process() -> None:
    world = ready_world(standby="off")
    assert world.states() == ["idle"]


def test_a_warm_standby_has_no_model_until_it_is_needed() -> None:
    world = ready_world(standby="warm")
    assert world.states() == ["idle", "spare"]
    assert world.loads() == [1]
    world.hear(Hello(1))
    world.submit()
    world.exit(Exit(None, "SIGSEGV"), generation=1)
    assert world.states() == ["backoff", "starting"]
    assert world.loads() == [1, 2]
    world.ready(2)
    assert world.states() == ["spare", "idle"]
    assert world.loads() == [1, 2]


def test_a_hot_standby_takes_over_at_once() -> None:
    world = ready_world(standby="hot")
    world.ready(2)
    world.submit("first", timeout_s=1.0)
    world.submit("second")
    world.after(1.0)
    assert world.runs() == ["first"]
    world.exit(generation=1)
    assert world.runs() == ["first", "second"]
    world.finish("second", generation=2)
    assert world.replies() == [("first", "timeout"), ("second", "result")]


def test_a_hot_standby_does_not_run_a_second_job_at_the_same_time() -> None:
    world = ready_world(standby="hot")
    world.ready(2)
    world.submit("a")
    world.submit("b")
    assert world.runs() == ["a"]


def test_the_standby_starts_after_the_worker_is_ready() -> None:
    world = World(policy(standby="hot"))
    assert world.states() == ["starting", "stopped"]
    world.ready()
    assert world.states() == ["idle", "starting"]


def test_a_new_standby_waits_for_the_job_that_its_start_would_slow_down() -> None:
    world = ready_world(standby="hot", standby_patience_s=2.0)
    world.ready(2)
    world.submit("first")
    world.submit("second")
    world.exit(Exit(None, "SIGSEGV"), generation=1)
    assert world.states() == ["backoff", "busy"]
    world.finish("second", generation=2)
    assert world.states() == ["starting", "idle"]


def test_a_new_standby_does_not_wait_longer_than_its_patience() -> None:
    world = ready_world(standby="hot", standby_patience_s=2.0)
    world.ready(2)
    world.submit("first")
    world.submit("second")
    world.exit(Exit(None, "SIGSEGV"), generation=1)
    world.after(2.0)
    assert world.states() == ["starting", "busy"]


def test_a_model_that_failed_does_not_speak_for_the_one_wanted_meanwhile() -> None:
    world = World()
    world.hear(LoadFailed("model_unavailable", "model.bin is damaged"))
    world.tell(LoadModel(ModelSpec("other", "/other"), "asker"))
    world.exit()
    assert world.states() == ["starting"]
    world.ready()
    (answer,) = world.of(Answer)
    assert isinstance(answer.outcome, Loaded)
