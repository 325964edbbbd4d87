"""A short `make fuzz`, with a new seed each time; the seed is in the failure's message."""

import random
from pathlib import Path

import pytest

from tests.fuzz import pipe
from tests.fuzz.babbling import Babbling
from tests.fuzz.decoding import LARGEST_RSS_BYTES, Decoding
from tests.fuzz.jobs import Jobs
from tests.fuzz.wire import LARGEST_GROWTH_BYTES, Wire


@pytest.fixture
def seed() -> int:
    return random.randrange(1 << 32)


@pytest.mark.parametrize("headers", [False, True])
def test_every_message_gets_exactly_its_answers(seed: int, headers: bool) -> None:
    wire = Wire(seed, headers=headers)
    wire.run(3000)
    assert (wire.close(), wire.wrong) == (0, []), f"seed {seed}"
    assert wire.growth_bytes <= LARGEST_GROWTH_BYTES, f"seed {seed}"


def test_damaged_pipe_traffic_is_messages_or_refused(seed: int) -> None:
    outcomes, wrong = pipe.fuzz(seed, 3000)
    assert wrong == [], f"seed {seed}"
    assert outcomes["message"]
    assert outcomes["refused"]


def test_whatever_a_worker_says_each_job_is_answered_once_and_in_time(seed: int) -> None:
    babbling = Babbling(seed)
    babbling.run(60)
    assert babbling.wrong == [], f"seed {seed}"
    assert len(babbling.outcomes) > 1


def test_a_job_with_any_options_that_are_allowed_is_done_or_refused_by_name(seed: int) -> None:
    jobs = Jobs(seed)
    jobs.run(60)
    assert jobs.wrong == [], f"seed {seed}"
    assert jobs.outcomes["result"]


def test_damaged_audio_is_samples_or_an_error(seed: int, tmp_path: Path) -> None:
    decoding = Decoding(seed)
    decoding.run(300, tmp_path)
    assert decoding.wrong == [], f"seed {seed}"
    assert decoding.outcomes["decoded"]
    assert decoding.peak_bytes < LARGEST_RSS_BYTES
