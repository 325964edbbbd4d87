"""Budgets and what a kill costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.budget import GIB, Budget, KillCost

SIZES = st.integers(0, 64 * GIB)
SECONDS = st.floats(0.0001, 10.0)


def test_a_number_in_the_request_is_obeyed_as_it_is() -> None:
    assert Budget(3.0).limit_s(1000.0) == 3.0


def test_a_default_grows_with_the_audio_but_never_falls_below_its_floor() -> None:
    assert Budget(60.0, 2.0).limit_s(0.0) == 60.0
    assert Budget(60.0, 2.0).limit_s(30.0) == 60.0
    assert Budget(60.0, 2.0).limit_s(45.0) == 90.0


@given(SIZES, SECONDS)
def test_after_a_slow_kill_the_next_one_is_given_enough(rss_bytes: int, took_s: float) -> None:
    learned = KillCost().learned(rss_bytes, took_s)
    at_most_s = 5.0 * KillCost().lead_s(rss_bytes)
    assert learned.lead_s(rss_bytes) >= min(took_s, at_most_s)


@given(SIZES, st.lists(st.floats(0.5, 2.0), min_size=30, max_size=30))
def test_the_estimate_settles_near_what_kills_take(rss_bytes: int, ratios: list[float]) -> None:
    cost = KillCost(factor=5.0)
    true_s = KillCost().lead_s(rss_bytes)
    for ratio in ratios:
        cost = cost.learned(rss_bytes, ratio * true_s)
    assert cost.lead_s(rss_bytes) <= 1.3 * max(ratios) * true_s
    assert cost.lead_s(rss_bytes) >= ratios[-1] * true_s


def test_a_larger_worker_is_killed_earlier() -> None:
    assert KillCost().lead_s(3 * GIB) == pytest.approx(0.342)
    assert KillCost().lead_s(0) == pytest.approx(0.012)
