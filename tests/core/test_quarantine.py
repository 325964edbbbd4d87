"""Audio that kills workers: refused the third time, for a while, and without harm to the rest."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.budget import Budget
from sidecar.core.errors import JobTimeout, WorkerCrashed
from sidecar.core.events import CancelJob, Exit, LoadModel
from sidecar.core.job import Job
from sidecar.core.quarantine import KILLS, REMEMBERED, Quarantine
from sidecar.core.request import AudioSource, Transcription
from tests.core.world import MODEL, World, ready_world

CRASHED = Exit(-11, "SIGSEGV")


def kill(world: World, name: str, identity: str = "bad", **more: object) -> None:
    """A job whose worker dies; a new worker is ready afterwards."""
    world.submit(name, identity=identity, **more)  # type: ignore[arg-type]
    world.exit(CRASHED)
    world.after(1.0)
    world.ready()


def poisoned_world() -> World:
    world = ready_world()
    for number in range(KILLS):
        kill(world, f"kill {number}")
    return world


def test_the_third_time_it_is_refused_at_once_with_the_reason() -> None:
    world = poisoned_world()
    world.submit("third", identity="bad")
    failure = world.failure("third")
    assert failure.error.kind == "poisoned_input"
    assert "killed by SIGSEGV" in failure.error.message
    assert failure.error.details["kills"] == 2
    assert failure.data.elapsed_s == 0.0
    assert world.runs() == ["kill 0", "kill 1"]


def test_other_audio_is_served_meanwhile() -> None:
    world = poisoned_world()
    world.submit("other", identity="good")
    world.finish("other")
    assert world.result("other")


def test_after_the_quarantine_it_is_tried_again() -> None:
    world = poisoned_world()
    world.submit("third", identity="bad")
    retry_after_s = world.failure("third").error.details["retry_after_s"]
    assert isinstance(retry_after_s, float)
    world.after(retry_after_s + 0.001)
    assert world.supervisor.quarantine.holds("bad", world.now) is False
    world.submit("later", identity="bad")
    world.exit()
    world.after(1.0)
    world.ready()
    assert "later" in world.runs()


def test_a_file_that_has_changed_since_is_other_audio() -> None:
    world = poisoned_world()
    world.submit("changed", identity="bad", unchanged_for_s=0.5)
    assert "changed" in world.runs()


def test_jobs_that_wait_with_the_same_audio_are_refused_too() -> None:
    world = ready_world()
    kill(world, "first")
    world.submit("second", identity="bad")
    world.submit("waits", identity="bad")
    world.submit("other", identity="good")
    world.exit(CRASHED)
    assert world.failure("waits").error.kind == "poisoned_input"
    world.after(1.0)
    world.ready()
    assert world.runs() == ["first", "second", "other"]


def test_a_result_takes_the_suspicion_away() -> None:
    world = ready_world()
    kill(world, "first")
    world.submit("well", identity="bad")
    world.finish("well")
    kill(world, "again")
    world.submit("next", identity="bad")
    assert "next" in world.runs()


def test_loading_a_model_gives_everything_another_chance() -> None:
    world = poisoned_world()
    world.tell(LoadModel(MODEL, "caller"))
    world.submit("third", identity="bad")
    assert "third" in world.runs()


def test_timeouts_and_cancels_prove_nothing_against_the_audio() -> None:
    world = ready_world()
    for number in range(3):
        job = world.submit(f"late {number}", identity="slow", timeout_s=2.0)
        if number == 1:
            world.tell(CancelJob(job))
        world.after(2.0)
        world.exit()
        world.after(1.0)
        world.ready()
    world.submit("next", identity="slow")
    assert "next" in world.runs()


def test_a_worker_that_stalls_counts() -> None:
    world = ready_world(stall_timeout_s=5.0)
    for number in range(KILLS):
        world.submit(f"stall {number}", identity="bad")
        world.after(6.0)
        world.exit()
        world.after(1.0)
        world.ready()
    world.submit("third", identity="bad")
    assert world.failure("third").error.kind == "poisoned_input"


def test_without_a_quarantine_everything_is_tried() -> None:
    world = ready_world(quarantine_s=0.0)
    for number in range(4):
        kill(world, f"kill {number}")
    assert len(world.runs()) == 4


def job(identity: str) -> Job:
    source = Transcription(AudioSource(path="a"))
    return Job(
        "j", "t", source, total=Budget(1), segments=Budget(1), received_at_s=0, identity=identity
    )


OUTCOMES = st.sampled_from(["crash", "late", "well"])
STORIES = st.lists(st.tuples(st.sampled_from("abc"), OUTCOMES, st.floats(0, 9)), max_size=40)


@given(STORIES)
def test_refused_is_what_killed_twice_in_a_row_within_the_time(
    story: list[tuple[str, str, float]],
) -> None:
    quarantine, now = Quarantine(20.0), 0.0
    kills: dict[str, list[float]] = {}
    for identity, outcome, pause_s in story:
        now += pause_s
        if outcome == "well":
            quarantine.survived(job(identity))
            kills[identity] = []
        else:
            error = WorkerCrashed("x") if outcome == "crash" else JobTimeout("x")
            quarantine.died(job(identity), error, now)
            if outcome == "crash":
                kills.setdefault(identity, []).append(now)
        for each in "abc":
            recent = [at_s for at_s in kills.get(each, []) if now - at_s < 20.0]
            assert (quarantine.refusal(job(each), now) is not None) == (len(recent) >= KILLS)


def test_what_is_remembered_is_bounded() -> None:
    quarantine = Quarantine(300.0)
    for number in range(10 * REMEMBERED):
        for _ in range(KILLS):
            quarantine.died(job(str(number)), WorkerCrashed("x"), 0.0)
    refused = [n for n in range(10 * REMEMBERED) if quarantine.refusal(job(str(n)), 0.0)]
    assert refused == list(range(9 * REMEMBERED, 10 * REMEMBERED))


def test_audio_that_is_not_known_again_is_never_refused() -> None:
    world = ready_world()
    for number in range(4):
        kill(world, f"kill {number}", identity="")
        assert world.failure(f"kill {number}").error.kind == "worker_crashed"
