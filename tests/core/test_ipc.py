"""The messages between parent and worker."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.budget import Budget, KillCost
from sidecar.core.ipc import (
    AudioLimits,
    Beat,
    Cancel,
    Failed,
    Hello,
    IpcError,
    Load,
    ModelSpec,
    Run,
    ToWorker,
    encode,
    from_worker,
    to_worker,
)
from sidecar.core.request import AudioSource, Transcription, VadWebrtc
from sidecar.core.timing import Timings

RUN = Run(
    "job",
    Transcription(AudioSource(format="pcm16"), vad=VadWebrtc(frame_ms=10)),
    AudioLimits(10.0, 1000, ("/a",)),
    Budget(60.0, 2.0),
    0.5,
    Budget(40.0),
    KillCost(),
    5.0,
)
MESSAGES: list[ToWorker] = [Load(ModelSpec("m", "/m")), RUN, Cancel("job")]


@given(
    st.lists(st.tuples(st.sampled_from(MESSAGES), st.binary(max_size=100))),
    st.integers(1, 50),
)
def test_messages_and_payloads_arrive_as_sent_however_they_are_split(
    sent: list[tuple[ToWorker, bytes]], piece_bytes: int
) -> None:
    data = b"".join(encode(message, len(payload)) + payload for message, payload in sent)
    decoder = to_worker(10_000)
    received: list[tuple[ToWorker, bytes]] = []
    for start in range(0, len(data), piece_bytes):
        received += decoder.feed(data[start : start + piece_bytes])
    assert received == sent


def test_an_error_crosses_with_its_details() -> None:
    failed = Failed("job", "audio_too_long", "too long", Timings(), {"limit_s": 3.5, "why": None})
    assert list(from_worker().feed(encode(failed))) == [(failed, b"")]


@given(st.binary(max_size=200))
def test_anything_else_is_an_error_and_nothing_worse(data: bytes) -> None:
    with contextlib.suppress(IpcError):
        list(from_worker().feed(data + b"\n"))


def test_a_message_of_the_other_direction_is_an_error() -> None:
    with pytest.raises(IpcError):
        list(to_worker(0).feed(encode(Hello(1))))


def test_a_payload_over_the_limit_is_an_error_before_it_arrives() -> None:
    with pytest.raises(IpcError):
        list(from_worker().feed(encode(Beat(1), 5)))
