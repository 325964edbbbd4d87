"""The messages between parent and worker."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.budget import Budget, KillCost
from sidecar.core.errors import ERROR_TYPES, Detail, SidecarError, error_of_kind
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
from sidecar.core.jsonrpc import error_data
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


@pytest.mark.parametrize(
    "line",
    [
        b'{"fuzz":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"message":{"type":"Beat","rss_bytes":%d}}' % 10**30,
        b'{"message":{"type":"Beat","rss_bytes":-1}}',
        b'{"message":{"type":"LoadFailed","kind":"","message":"","details":{"n":%d}}}' % 2**64,
    ],
    ids=["too deep", "too large", "negative", "too large within"],
)
def test_what_no_client_could_be_told_is_refused(line: bytes) -> None:
    with pytest.raises(IpcError):
        list(from_worker().feed(line + b"\n"))


@pytest.mark.parametrize("error", ERROR_TYPES)
def test_any_details_of_any_error_keep_its_kind(error: type[SidecarError]) -> None:
    details: dict[str, Detail] = {"message": 1, "self": 2, "kind": "other", "path": "a"}
    rebuilt = error_of_kind(error.kind, "why", details)
    assert (type(rebuilt), rebuilt.message) == (error, "why")
    assert error_data(rebuilt)["kind"] == error.kind


def test_a_wrong_parameter_without_a_path_is_a_fault_of_the_worker() -> None:
    assert error_of_kind("invalid_params", "why", {}).kind == "internal"
