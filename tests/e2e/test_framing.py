"""The stream that the messages come in: how they are told apart, and what is wrong with some."""

import pytest

from tests.e2e.client import Client

PING = b'{"jsonrpc":"2.0","method":"ping","id":1}'
PING_2 = PING.replace(b'"id":1', b'"id":2')
WITHIN_S = 10.0


def with_headers(body: bytes, more: bytes = b"") -> bytes:
    return b"Content-Length: %d\r\n%b\r\n%b" % (len(body), more, body)


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("framing", "stream"),
    [
        ("line", PING + b"\n"),
        ("line", PING + b"\r\n"),
        ("line", b"\xef\xbb\xbf" + PING + b"\n"),
        ("line", b"\n \r\n\t\n" + PING + b"\n"),
        ("line", b"\xef\xbb\xbf\r\n\n" + PING + b"\n"),
        ("line", b"[" + PING + b"]\n"),
        ("header", with_headers(PING)),
        ("header", b"\xef\xbb\xbf" + with_headers(PING)),
        ("header", b"\r\n\r\n" + with_headers(PING)),
        (
            "header",
            with_headers(PING, b"Content-Type: application/vscode-jsonrpc; charset=utf8\r\n"),
        ),
        (
            "header",
            b"content-type: x\r\n" + with_headers(PING).lower().replace(b"content", b"CONTENT"),
        ),
    ],
)
def test_the_framing_is_told_from_what_comes_first(framing: str, stream: bytes) -> None:
    with Client(framing=framing, model=None) as client:
        client.send_bytes(stream)
        assert client.answer(1, WITHIN_S).message["result"]["pong"] is True
        assert client.call("ping", within_s=WITHIN_S)["pong"] is True


@pytest.mark.parametrize("framing", ["line", "header"])
def test_a_framing_can_be_forced(framing: str) -> None:
    with Client("--framing", framing, framing=framing, model=None) as client:
        assert client.call("ping", within_s=WITHIN_S)["pong"] is True


@pytest.mark.parametrize("framing", ["line", "header"])
def test_a_message_may_arrive_byte_by_byte(framing: str) -> None:
    with Client(framing=framing, model=None) as client:
        for byte in b"\xef\xbb\xbf\r\n" + client.frame(
            '{"jsonrpc":"2.0","method":"ping","id":"ä𝄞"}'.encode()
        ):
            client.send_bytes(bytes([byte]))
        assert client.answer("ä𝄞", WITHIN_S).message["result"]["pong"] is True


def test_two_messages_may_arrive_at_once(light: Client) -> None:
    light.send_bytes(light.frame(PING) + light.frame(PING_2))
    assert light.answer(1, WITHIN_S).message["result"]["pong"] is True
    assert light.answer(2, WITHIN_S).message["result"]["pong"] is True


def test_nothing_is_said_before_the_framing_is_known() -> None:
    with Client() as client:
        client.ready()
        client.send_bytes(b"\r\n")
        assert client.messages == []
        assert client.call("ping", within_s=WITHIN_S)["pong"] is True
        assert "result" in client.messages[0].message


@pytest.mark.parametrize("framing", ["line", "header"])
def test_a_message_that_is_too_large_is_refused_and_the_stream_goes_on(framing: str) -> None:
    with Client("--max-message-bytes", "2048", framing=framing, model=None) as client:
        for size in (2048, 2049, 70_000, 1_000_000):
            padded = PING + b" " * (size - len(PING) - 1) + b"\t"
            fits = b'{"jsonrpc":"2.0","method":"ping","id":"%b"}' % (b"x" * (size - 40))
            assert len(padded) == size
            before = len(client.messages)
            client.send_bytes(client.frame(fits))
            arrived = client.message(lambda one: "id" in one, WITHIN_S, before).message
            if len(fits) <= 2048:
                assert arrived["result"]["pong"] is True
            else:
                assert arrived["id"] is None
                assert arrived["error"]["code"] == -32600
                assert arrived["error"]["data"]["limit_bytes"] == 2048
            assert client.call("ping", within_s=WITHIN_S)["pong"] is True


def test_a_line_that_is_too_long_is_refused_before_it_ends() -> None:
    with Client("--max-message-bytes", "2048", model=None) as client:
        client.send_bytes(b"x" * 100_000)
        error = client.message(lambda one: "error" in one, WITHIN_S).message["error"]
        assert error["code"] == -32600
        client.send_bytes(b"x" * 100_000 + b"\n")
        assert client.call("ping", within_s=WITHIN_S)["pong"] is True
        assert len(client.answers(None)) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"Content-Length: -5\r\n\r\n",
        b"Content-Length: ten\r\n\r\n",
        b"Content-Type: application/json\r\n\r\n",
        b"Content\x00\xff\r\n\r\n",
        b"C" * 20_000 + b"\r\n\r\n",
        b"Content-Length: 99999999999999999999\r\n\r\n",
    ],
)
def test_headers_that_are_garbage_are_refused_and_the_stream_goes_on(garbage: bytes) -> None:
    with Client(framing="header", model=None) as client:
        client.send_bytes(garbage)
        error = client.message(lambda one: "error" in one, WITHIN_S).message["error"]
        assert error["code"] == -32600
        assert client.call("ping", within_s=WITHIN_S)["pong"] is True


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","method":"\xff\xfe","id":1}',
        b'{"jsonrpc":"2.0","method":"ping","id":"\xc3"}',
        b'{"jsonrpc":"2.0","method":"ping","id":"\xed\xa0\x80"}',
        b'{"jsonrpc":"2.0","method":"ping","id":"\\ud800"}',
        b'{"jsonrpc":"2.0","method":"ping","params":{"x":NaN},"id":1}',
        b'{"jsonrpc":"2.0","method":"ping","params":{"x":Infinity},"id":1}',
        b'{"jsonrpc":"2.0","method":"ping","id":1,}',
        b"[" * 100_000,
        b"[" * 2000 + b"]" * 2000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"\x00\x01\x02",
        b"'ping'",
        b"GET / HTTP/1.1",
    ],
)
def test_what_is_not_json_is_refused_and_the_stream_goes_on(light: Client, body: bytes) -> None:
    before = len(light.messages)
    light.send_bytes(light.frame(body))
    answer = light.message(lambda one: "error" in one, WITHIN_S, before).message
    assert answer["id"] is None
    assert answer["error"]["code"] == -32700
    assert light.call("ping", within_s=WITHIN_S)["pong"] is True


def test_nesting_within_the_parser_s_depth_is_answered(light: Client) -> None:
    deep = b"[" * 500 + b"]" * 500
    light.send_bytes(
        light.frame(b'{"jsonrpc":"2.0","method":"ping","params":{"x":%b},"id":77}' % deep)
    )
    assert light.answer(77, WITHIN_S).message["error"]["code"] == -32602


def test_a_last_line_without_its_line_feed_is_answered() -> None:
    with Client(model=None) as client:
        client.send_bytes(PING)
        client.close_stdin()
        assert client.answer(1, WITHIN_S).message["result"]["pong"] is True
        assert client.exit_code(WITHIN_S) == 0


@pytest.mark.parametrize("stream", [b"", b"\r\n", b"\xef\xbb\xbf", b"Content-Length: 50\r\n\r\n{"])
def test_a_stream_that_ends_early_is_the_client_s_end(stream: bytes) -> None:
    with Client(framing="header", model=None) as client:
        client.send_bytes(stream)
        client.close_stdin()
        assert client.exit_code(WITHIN_S) == 0
        assert not [one for one, _ in client.messages if "id" in one]
