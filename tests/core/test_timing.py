"""The clock of phases, with a clock of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.timing import Phase, PhaseClock, PhaseSpan


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def now() -> FakeClock:
    return FakeClock()


def test_an_inner_phase_suspends_the_outer_one(now: FakeClock) -> None:
    clock = PhaseClock(now)
    with clock.within(Phase.FEATURES):
        now.now_s += 1
        with clock.within(Phase.LANGUAGE):
            now.now_s += 2
        now.now_s += 4
    timings = clock.timings()
    assert (timings.features_s, timings.language_s, timings.other_s) == (5, 2, 0)


def test_segments_contain_what_is_done_inside_the_iteration(now: FakeClock) -> None:
    clock = PhaseClock(now)
    for _ in range(2):
        with clock.within(Phase.SEGMENTS):
            now.now_s += 1
            with clock.within(Phase.ENCODE):
                now.now_s += 2
            with clock.within(Phase.GENERATE):
                now.now_s += 4
        now.now_s += 8
    timings = clock.timings()
    assert timings.segments_s == 14
    assert (timings.encode_s, timings.generate_s) == (4, 8)
    assert timings.text_s == 2
    assert timings.other_s == 16
    assert timings.total_s == 30


def test_a_phase_that_raises_is_left_and_counted(now: FakeClock) -> None:
    clock = PhaseClock(now)

    def fail() -> None:
        with clock.within(Phase.SEGMENTS), clock.within(Phase.ENCODE):
            now.now_s += 3
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert clock.phase is None
    assert clock.timings().encode_s == 3
    assert clock.timings().segments_s == 3


def test_timings_in_the_midst_of_a_phase_include_it(now: FakeClock) -> None:
    clock = PhaseClock(now)
    with clock.within(Phase.SEGMENTS), clock.within(Phase.GENERATE):
        now.now_s += 3
        assert clock.phase is Phase.GENERATE
        assert clock.timings().generate_s == 3
        assert clock.timings().segments_s == 3
        now.now_s += 1
    assert clock.timings().generate_s == 4


def test_the_iteration_has_begun_from_the_first_segment_on(now: FakeClock) -> None:
    clock = PhaseClock(now)
    begun = [clock.iterating]
    with clock.within(Phase.SEGMENTS):
        begun.append(clock.iterating)
        now.now_s += 1
    begun.append(clock.iterating)
    assert begun == [False, True, True]


def test_stays_are_kept_with_their_times_if_wanted(now: FakeClock) -> None:
    clock = PhaseClock(now, origin_s=90.0, keeps_spans=True)
    with clock.within(Phase.SEGMENTS):
        now.now_s += 1
        with clock.within(Phase.ENCODE):
            now.now_s += 2
        assert clock.take_spans() == (PhaseSpan(Phase.ENCODE, 11.0, 2.0),)
        assert clock.open_spans() == (PhaseSpan(Phase.SEGMENTS, 10.0, 3.0),)
    assert clock.take_spans() == (PhaseSpan(Phase.SEGMENTS, 10.0, 3.0),)
    assert clock.elapsed_s() == 13.0


def test_stays_are_not_kept_otherwise(now: FakeClock) -> None:
    clock = PhaseClock(now)
    with clock.within(Phase.DECODE):
        now.now_s += 1
    assert clock.take_spans() == ()


def test_entering_a_phase_is_told(now: FakeClock) -> None:
    entered: list[Phase] = []
    clock = PhaseClock(now, entered.append)
    with clock.within(Phase.SEGMENTS), clock.within(Phase.ENCODE):
        pass
    assert entered == [Phase.SEGMENTS, Phase.ENCODE]


steps = st.tuples(
    st.sampled_from([p for p in Phase if p not in ("queue", "load")]), st.floats(0, 9)
)


@given(st.lists(steps, max_size=20))
def test_all_time_is_attributed_once(taken: list[tuple[Phase, float]]) -> None:
    now = FakeClock()
    clock = PhaseClock(now)
    for phase, seconds in taken:
        with clock.within(phase):
            now.now_s += seconds
    timings = clock.timings()
    inside = sum(seconds for _, seconds in taken)
    assert timings.total_s - timings.other_s == pytest.approx(inside, abs=1e-6)
