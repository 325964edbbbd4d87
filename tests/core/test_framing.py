"""Splitting a byte stream into messages, however it arrives."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.framing import MAX_HEADERS_BYTES, Defect, Framer, Framing

LIMIT = 1000
BODY = st.binary(min_size=1, max_size=40).map(lambda raw: b'{"x":"' + raw.hex().encode() + b'"}')


def feed_in_pieces(framer: Framer, data: bytes, cuts: list[int]) -> list[bytes | Defect]:
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found: list[bytes | Defect] = []
    for start, end in itertools.pairwise(bounds):
        found += framer.feed(data[start:end])
    return found + list(framer.close())


@given(st.lists(BODY, min_size=1), st.lists(st.integers(0, 10_000)), st.sampled_from(Framing))
def test_what_was_framed_is_found_however_it_is_split(
    bodies: list[bytes], cuts: list[int], framing: Framing
) -> None:
    data = b"".join(Framer(LIMIT, framing).frame(body) for body in bodies)
    framer = Framer(LIMIT)
    assert feed_in_pieces(framer, data, cuts) == bodies
    assert framer.framing is framing


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)), st.sampled_from([None, *Framing]))
def test_any_bytes_yield_messages_or_defects_and_nothing_else(
    data: bytes, cuts: list[int], framing: Framing | None
) -> None:
    found = feed_in_pieces(Framer(50, framing), data, cuts)
    assert all(isinstance(one, Defect) or 0 < len(one) <= 50 or one == b"" for one in found)


@given(st.binary(max_size=200), BODY)
def test_after_any_line_the_next_one_is_found(garbage: bytes, body: bytes) -> None:
    framer = Framer(LIMIT, Framing.LINE)
    found = list(framer.feed(garbage + b"\n" + body + b"\n"))
    assert found[-1] == body


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\n\r\n \t", b"\xef\xbb\xbf\r\n"])
@pytest.mark.parametrize("framing", Framing)
def test_a_byte_order_mark_and_blanks_at_the_start_are_skipped(
    start: bytes, framing: Framing
) -> None:
    data = start + Framer(LIMIT, framing).frame(b"{}")
    assert feed_in_pieces(Framer(LIMIT), data, list(range(len(data)))) == [b"{}"]


def test_lines_may_end_in_carriage_return_and_line_feed() -> None:
    assert list(Framer(LIMIT).feed(b"{}\r\n\r\n[]\r\n")) == [b"{}", b"[]"]


def test_headers_may_be_in_any_case_and_among_others() -> None:
    data = b"content-length: 2\r\nContent-Type: application/vscode-jsonrpc\r\n\r\n{}"
    assert list(Framer(LIMIT).feed(data)) == [b"{}"]


def test_headers_may_end_in_bare_line_feeds() -> None:
    assert list(Framer(LIMIT).feed(b"Content-Length: 2\n\n{}")) == [b"{}"]


def test_a_long_line_is_refused_before_it_ends_and_once() -> None:
    framer = Framer(LIMIT)
    assert list(framer.feed(b"[" + b"1" * 1100)) == [Defect.TOO_LARGE]
    assert list(framer.feed(b"1" * 5000)) == []
    assert list(framer.feed(b"]\n{}\n")) == [b"{}"]


def test_a_long_body_is_refused_before_it_arrives_and_skipped() -> None:
    framer = Framer(LIMIT)
    assert list(framer.feed(b"Content-Length: 3000\r\n\r\n")) == [Defect.TOO_LARGE]
    rest = b"x" * 3000 + b"Content-Length: 2\r\n\r\n{}"
    assert feed_in_pieces(framer, rest, [100, 2000, 2999, 3001]) == [b"{}"]


@pytest.mark.parametrize(
    "headers", [b"Content-Length: many", b"Content-Length: -1", b"Content-Type: x"]
)
def test_headers_without_a_length_are_a_defect_and_the_stream_goes_on(headers: bytes) -> None:
    framer = Framer(LIMIT, Framing.HEADER)
    found = list(framer.feed(headers + b"\r\n\r\nContent-Length: 2\r\n\r\n{}"))
    assert found == [Defect.BAD_HEADERS, b"{}"]


def test_headers_that_never_end_take_no_memory() -> None:
    framer = Framer(LIMIT, Framing.HEADER)
    found = [one for _ in range(10) for one in framer.feed(b"c" * MAX_HEADERS_BYTES)]
    assert found
    assert set(found) == {Defect.BAD_HEADERS}


def test_a_last_line_needs_no_line_feed() -> None:
    framer = Framer(LIMIT)
    assert list(framer.feed(b"{}")) == []
    assert list(framer.close()) == [b"{}"]


def test_the_framing_can_be_forced() -> None:
    assert list(Framer(LIMIT, Framing.LINE).feed(b"Content\n")) == [b"Content"]
