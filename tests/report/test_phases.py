"""The phase table: what adds up, and how limits grow."""

import pytest

from sidecar.report.account import Circumstances
from sidecar.report.phases import Limit, Row, rows, scale, slow, total_limit
from tests.report.accounts import CALM, account, spent, timed_out


def by_name(*, duration_s: float = 11.2, **more: float) -> dict[str, Row]:
    return {row.name: row for row in rows(account(duration_s=duration_s, timings=spent(**more)))}


def test_the_outer_rows_make_up_the_total() -> None:
    *parts, total = [row for row in rows(account()) if row.level == 0]
    assert sum(row.seconds for row in parts) == pytest.approx(total.seconds)
    assert total.seconds == CALM.total_s


def test_the_inner_rows_make_up_those_above() -> None:
    named = list(rows(account(timings=spent(align_s=0.2, segments_s=0.65))))
    call = next(row for row in named if row.name == "transcribe() call")
    inner = [row.seconds for row in named if row.level == 1]
    assert sum(inner[:3]) == pytest.approx(call.seconds)
    assert sum(inner[3:]) == pytest.approx(0.65)


def test_an_11_second_utterance_has_the_limits_it_was_measured_against() -> None:
    table = by_name()
    assert table["decode the audio"].limit == Limit(0.010, 0.050)
    assert table["transcribe() call"].limit == Limit(2.0, 5.0)
    assert table["iterate the segments"].limit == Limit(0.5, 2.0)
    assert total_limit(11.2) == Limit(3.0, 7.0)


def test_the_limits_grow_with_the_audio_but_for_the_call_which_sees_one_window() -> None:
    assert scale(112.0) == pytest.approx(10.0)
    table = by_name(duration_s=112.0)
    assert table["iterate the segments"].limit == Limit(5.0, 20.0)
    assert table["transcribe() call"].limit == Limit(2.0, 5.0)
    assert total_limit(112.0) == Limit(12.0, 25.0)


def test_short_audio_lowers_no_limit() -> None:
    assert scale(1.0) == scale(0.0) == 1.0


def test_a_row_is_marked_by_its_limit() -> None:
    limit = Limit(1.0, 2.0)
    marks = [limit.mark(seconds) for seconds in (1.0, 1.5, 2.0, 2.1)]
    assert marks == ["good", "fair", "fair", "slow"]
    assert by_name()["queue"].mark is None


def test_a_job_that_ended_early_is_praised_for_nothing() -> None:
    late = account(timings=spent(segments_s=3.0), ending=timed_out())
    assert {row.name: row.mark for row in rows(late) if row.mark} == {
        "iterate the segments": "slow"
    }


def test_speech_detection_has_a_limit_where_there_is_one() -> None:
    found = account(circumstances=Circumstances("a", vad="silero"))
    limits = {row.name: row.limit for row in rows(found)}
    assert limits["find the speech"] == Limit(0.5, 1.0)
    assert by_name()["find the speech"].limit is None


def test_a_job_is_slow_when_it_takes_longer_than_the_ideal() -> None:
    assert not slow(account())
    assert slow(account(timings=spent(generate_s=3.0)))


def test_a_job_that_had_too_little_time_is_slow() -> None:
    assert slow(account(degraded=True))
    assert slow(account(ending=timed_out()))
