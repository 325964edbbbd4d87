"""What a job has been through, as far as the worker has told it."""

import pytest
from msgspec import structs

from sidecar.core.ipc import Decoded, Profiled
from sidecar.core.result import Attempt, Segment, Window
from sidecar.core.timing import Phase, PhaseSpan
from tests.core.world import KILLED, World, ready_world

REJECTED = Attempt(0.3, 0.0, 5, 30.0, 100, 224, 1.0, -0.5, 3.1, "compression_ratio 3.1 > 2.4")
ACCEPTED = Attempt(1.3, 0.2, 5, 30.0, 40, 224, 0.4, -0.3, 1.2, "accepted")
FIRST = Window(0.0, 30.0, 0.1, 0.2, False, 0.0, (REJECTED,))
SECOND = Window(30.0, 40.0, 1.8, 0.2, False, 0.0, ())
ENCODED = PhaseSpan(Phase.ENCODE, 0.1, 0.2)
GENERATED = PhaseSpan(Phase.GENERATE, 0.3, 1.0)


def tell(world: World, spans: tuple[PhaseSpan, ...], first: int, *windows: Window) -> None:
    world.hear(Profiled("job", spans, (), windows, first))


def test_windows_are_kept_as_they_were_last_told_of() -> None:
    world = ready_world()
    world.submit(profile=True)
    tell(world, (ENCODED,), 0, structs.replace(FIRST, attempts=()))
    tell(world, (GENERATED,), 0, FIRST)
    tell(world, (), 0, structs.replace(FIRST, attempts=(REJECTED, ACCEPTED)), SECOND)
    world.finish()
    result = world.result()
    assert result.windows == [structs.replace(FIRST, attempts=(REJECTED, ACCEPTED)), SECOND]
    assert result.spans == [ENCODED, GENERATED]


def test_the_wait_for_a_worker_and_for_its_load_is_told_of_too() -> None:
    world = World()
    world.submit(profile=True)
    world.after(1.0)
    world.ready()
    world.finish()
    (load,) = [span for span in world.result().spans or [] if span.phase is Phase.LOAD]
    assert (load.at_s, load.took_s) == pytest.approx((0.0, 1.0))


def test_a_job_that_did_not_ask_has_none() -> None:
    world = ready_world()
    world.submit()
    world.finish()
    assert world.result().windows is None
    assert world.result().spans is None


def test_a_job_that_is_killed_tells_how_far_it_had_come() -> None:
    world = ready_world()
    world.submit(profile=True, timeout_s=5.0)
    world.progress(Phase.GENERATE)
    tell(world, (ENCODED, GENERATED), 0, FIRST)
    world.after(5.0)
    world.exit(KILLED)
    data = world.failure().data
    assert data.windows == [FIRST]
    assert data.spans == [ENCODED, GENERATED]


def test_the_phases_that_a_killed_job_was_in_last_until_its_end() -> None:
    world = ready_world()
    world.submit(profile=True, timeout_s=5.0)
    running = (PhaseSpan(Phase.SEGMENTS, 0.5, 1.0), PhaseSpan(Phase.GENERATE, 1.0, 0.5))
    world.hear(Profiled("job", (ENCODED,), running, (), 0))
    world.after(5.0)
    world.exit(KILLED)
    spans = world.failure().data.spans
    assert spans is not None
    assert [span.phase for span in spans] == ["encode", "segments", "generate"]
    assert [span.at_s + span.took_s for span in spans[1:]] == pytest.approx([5.0, 5.0])


def test_the_time_of_a_job_that_is_killed_is_counted_once() -> None:
    world = ready_world()
    world.submit(timeout_s=5.0)
    world.progress(Phase.GENERATE)
    world.after(5.0)
    world.exit(KILLED)
    timings = world.failure().data.timings
    assert timings.generate_s == pytest.approx(5.0, abs=0.1)
    assert timings.total_s == pytest.approx(5.0, abs=0.1)
    assert timings.other_s == timings.pipe_s == 0.0


def test_what_neither_the_queue_nor_the_worker_accounts_for_is_the_pipe() -> None:
    world = ready_world()
    world.submit()
    world.after(0.75)
    world.finish()
    timings = world.result().timings
    assert (timings.pipe_s, timings.total_s) == pytest.approx((0.55, 0.75))
    assert timings.other_s == 0.0


def test_the_encoding_for_the_language_is_no_part_of_the_iteration() -> None:
    world = ready_world()
    world.submit(timeout_s=5.0, segments_s=4.0)
    world.progress(Phase.ENCODE)
    world.after(2.0)
    world.progress(Phase.SEGMENTS)
    world.after(3.0)
    world.exit(KILLED)
    failure = world.failure()
    assert failure.error.details["budget"] == "total"
    assert failure.data.timings.segments_s == pytest.approx(3.0, abs=0.1)


def test_no_more_audio_is_covered_than_there_is() -> None:
    world = ready_world()
    world.submit(timeout_s=5.0)
    world.progress(Phase.GENERATE, duration_s=10.0)
    world.hear(Decoded("job", Segment(0, 0.0, 29.0, " lost", -5.0, 1.0, 0.0, 1.0)))
    world.after(5.0)
    world.exit(KILLED)
    partial = world.failure().data.partial
    assert partial is not None
    assert partial.covered_s == 10.0
