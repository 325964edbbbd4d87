"""When windows were worked on, and with what."""

import pytest
from msgspec import structs

from sidecar.core.timing import Phase, PhaseSpan
from sidecar.report.timeline import stays
from tests.report.accounts import account, attempt, looping, timed_out, window

ENCODE = PhaseSpan(Phase.ENCODE, 0.1, 0.4)


def generate(at_s: float, took_s: float) -> PhaseSpan:
    return PhaseSpan(Phase.GENERATE, at_s, took_s)


def test_each_window_has_the_work_that_was_begun_in_its_time() -> None:
    second = structs.replace(window(attempt(at_s=1.2)), at_s=1.0)
    align = PhaseSpan(Phase.ALIGN, 0.96, 0.02)
    spans = [
        ENCODE, generate(0.55, 0.4), align, PhaseSpan(Phase.ENCODE, 1.0, 0.2), generate(1.2, 0.4)
    ]  # fmt: skip
    one, two = stays(account(window(attempt()), second, spans=spans))
    assert [block.work for block in one.blocks] == ["encode", "accepted", "align"]
    assert [block.work for block in two.blocks] == ["encode", "accepted"]
    assert one.at_s + one.took_s == pytest.approx(0.98)
    assert [block.name for block in one.attempts] == ["attempt 1"]


def test_the_windows_of_a_batch_have_a_lane_each_and_its_whole_time() -> None:
    half = window(attempt("not judged", generate_s=0.2))
    first, second = stays(account(half, half, spans=[ENCODE, generate(0.55, 0.4)]))
    assert (first.lane, second.lane) == (0, 1)
    assert first.blocks == second.blocks
    assert [block.took_s for block in first.blocks] == pytest.approx([0.4, 0.4])
    assert [block.work for block in first.attempts] == ["accepted"]


@pytest.mark.parametrize(
    "verdict", ["accepted", "no_speech 0.9 > 0.6", "unfinished after 79 tokens"]
)
def test_what_was_taken_or_gone_on_with_was_not_rejected(verdict: str) -> None:
    (stay,) = stays(account(window(attempt(verdict))))
    assert [block.work for block in stay.attempts] == ["accepted"]


def test_the_attempt_in_which_a_job_was_ended_is_there() -> None:
    spans = [ENCODE, generate(0.55, 0.4), generate(0.95, 1.0)]
    (stay,) = stays(account(window(looping()), spans=spans, ending=timed_out()))
    assert [block.work for block in stay.blocks] == ["encode", "rejected", "cut"]
    assert stay.blocks[-1].name == "attempt 2, cut short"


def test_a_job_without_windows_has_no_stays() -> None:
    assert list(stays(structs.replace(account(), windows=()))) == []
