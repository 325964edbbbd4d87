"""The transition tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.states import (
    FINAL_JOBS,
    JOB_MOVES,
    WORKER_MOVES,
    IllegalMove,
    JobMove,
    JobState,
    WorkerMove,
    WorkerState,
    moved,
)


def test_a_final_job_never_moves_again() -> None:
    assert not [state for state, _ in JOB_MOVES if state in FINAL_JOBS]


def test_every_job_state_is_reached_and_every_one_that_is_not_final_is_left() -> None:
    assert set(JOB_MOVES.values()) | {JobState.QUEUED} == set(JobState)
    assert {state for state, _ in JOB_MOVES} | FINAL_JOBS == set(JobState)


def test_every_worker_state_is_reached_and_left() -> None:
    assert set(WORKER_MOVES.values()) == set(WorkerState)
    assert {state for state, _ in WORKER_MOVES} == set(WorkerState)


@given(st.sampled_from(JobState), st.sampled_from(JobMove))
def test_a_job_moves_as_the_table_says_or_raises(state: JobState, move: JobMove) -> None:
    if (state, move) in JOB_MOVES:
        assert moved(JOB_MOVES, state, move) is JOB_MOVES[state, move]
    else:
        with pytest.raises(IllegalMove, match=state):
            moved(JOB_MOVES, state, move)


@given(st.sampled_from(WorkerState), st.sampled_from(WorkerMove))
def test_a_worker_moves_as_the_table_says_or_raises(state: WorkerState, move: WorkerMove) -> None:
    if (state, move) in WORKER_MOVES:
        assert moved(WORKER_MOVES, state, move) is WORKER_MOVES[state, move]
    else:
        with pytest.raises(IllegalMove, match=state):
            moved(WORKER_MOVES, state, move)
