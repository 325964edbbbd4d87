"""Verdicts on hypotheses."""

import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.request import DecodingOptions
from sidecar.worker.hypothesis import finite, judge, mean_logprob

DEFAULTS = DecodingOptions()


@pytest.mark.parametrize(
    ("avg_logprob", "compression_ratio", "no_speech_prob", "accepted", "silent", "reason"),
    [
        (-0.3, 1.5, 0.1, True, False, "accepted"),
        (-0.3, 3.1, 0.1, False, False, "compression_ratio 3.1 > 2.4"),
        (-1.3, 1.5, 0.1, False, False, "avg_logprob -1.3 < -1"),
        (-1.3, 3.1, 0.1, False, False, "compression_ratio 3.1 > 2.4; avg_logprob -1.3 < -1"),
        (-1.3, 3.1, 0.8, True, True, "no_speech 0.8 > 0.6"),
        (-1.0, 1.5, 0.8, True, True, "no_speech 0.8 > 0.6"),
        (-0.3, 1.5, 0.8, True, False, "accepted"),
    ],
)
def test_a_verdict_says_what_was_decided_and_why(
    avg_logprob: float,
    compression_ratio: float,
    no_speech_prob: float,
    accepted: bool,
    silent: bool,
    reason: str,
) -> None:
    verdict = judge(avg_logprob, compression_ratio, no_speech_prob, DEFAULTS)
    assert (verdict.accepted, verdict.silent, verdict.reason) == (accepted, silent, reason)


def test_thresholds_of_none_judge_nothing() -> None:
    off = SimpleNamespace(
        compression_ratio_threshold=None, log_prob_threshold=None, no_speech_threshold=None
    )
    assert judge(-9.0, 9.0, 1.0, off).reason == "accepted"


@given(logprobs=st.lists(st.floats(-5, 0), max_size=50), penalty=st.floats(-3, 3))
def test_the_mean_log_probability_undoes_the_length_penalty(
    logprobs: list[float], penalty: float
) -> None:
    tokens = len(logprobs)
    score = sum(logprobs) / tokens**penalty if tokens else 0.0
    assert mean_logprob(score, tokens, penalty) == pytest.approx(sum(logprobs) / (tokens + 1))


def test_numbers_that_json_cannot_carry_are_replaced() -> None:
    assert finite(math.nan, -100.0) == -100.0
    assert finite(-math.inf, -100.0) == -100.0
    assert finite(-0.5, -100.0) == -0.5
