"""Where the time of a job went, as the wire tells it."""

from statistics import median
from typing import Any

import pytest

from tests.e2e.client import Client, error_of
from tests.e2e.jobs import sample, slow, tone

NAMED = 0.98
"""The share of a job's time that has to have a name."""


def unnamed(result: Any) -> float:
    """The share of a job's time that no phase accounts for."""
    return float(result["timings"]["other_s"] / result["timings"]["total_s"])


@pytest.mark.parametrize("engine", ["off", "webrtc", "silero"])
@pytest.mark.parametrize("words", [False, True])
def test_nearly_all_of_the_time_of_a_job_has_a_name(
    shared: Client, engine: str, words: bool
) -> None:
    options = {"word_timestamps": words}
    params = sample(vad={"engine": engine}, options=options, stream=True)
    # A busy machine can hold up one job at any place, but not the same one every time.
    assert median(unnamed(shared.call("transcribe", params)) for _ in range(5)) <= 1 - NAMED


def test_nearly_all_of_the_time_of_a_short_job_that_came_in_base64_has_a_name(
    shared: Client,
) -> None:
    params = {"audio": tone(2.0)}
    assert median(unnamed(shared.call("transcribe", params)) for _ in range(5)) <= 1 - NAMED


def test_what_a_profile_tells_lies_within_the_job_and_agrees(shared: Client) -> None:
    result = shared.call("transcribe", sample(profile=True))
    timings, (window,) = result["timings"], result["windows"]
    for span in result["spans"]:
        assert 0 <= span["at_s"] <= span["at_s"] + span["took_s"] <= timings["total_s"]
    (encode,) = [span for span in result["spans"] if span["phase"] == "encode"]
    generate = [span for span in result["spans"] if span["phase"] == "generate"]
    assert window["at_s"] == pytest.approx(encode["at_s"], abs=0.01)
    assert window["encode_s"] == pytest.approx(encode["took_s"], abs=0.01)
    assert [span["took_s"] for span in generate] == pytest.approx(
        [attempt["generate_s"] for attempt in window["attempts"]], abs=0.01
    )
    assert sum(span["took_s"] for span in generate) == pytest.approx(timings["generate_s"])


def test_a_job_that_is_killed_tells_of_the_attempts_before() -> None:
    with Client("--no-degrade") as client:
        client.ready()
        id = client.request("transcribe", slow(profile=True, timeout_s=4.0))
        data = error_of(client.answer(id))["data"]
    (window,) = data["windows"]
    assert window["attempts"]
    assert all(a["verdict"].startswith("compression_ratio") for a in window["attempts"])
    assert data["timings"]["generate_s"] > sum(a["generate_s"] for a in window["attempts"])


def test_a_job_without_a_profile_has_no_windows(shared: Client) -> None:
    result = shared.call("transcribe", sample())
    assert result["windows"] is None
    assert result["spans"] is None
