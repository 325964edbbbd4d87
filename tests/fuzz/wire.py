"""A real server, and messages that nobody would send: each gets exactly its answers."""

import json
import random
import subprocess
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psutil

from tests.e2e.client import PATIENCE_S, ROOT, command_line
from tests.fuzz.messages import Sent, messages

BLOCK = 500
"""So many messages are sent before their answers are counted."""
LARGEST_GROWTH_BYTES = 48 << 20
FAULTS = ("internal", "worker_crashed", "worker_stalled", "worker_unavailable", "out_of_memory")
"""No message is an excuse for these."""


class Wire:
    """A server to be fuzzed; what is wrong with its answers is in `wrong`."""

    def __init__(self, seed: int, *, headers: bool) -> None:
        self.wrong: list[str] = []
        self.answers = 0
        self.first_rss_bytes = self.last_rss_bytes = 0
        self._random = random.Random(seed)
        self._headers = headers
        self._changed = threading.Condition()
        self._arrived: Counter[str] = Counter()
        self._texts: dict[str, str] = {}
        self._ended = False
        arguments = ["serve", "--model", "selftest", "--max-message-bytes", "1000000"]
        self.process = subprocess.Popen(
            [*command_line(), *arguments, "--log-level", "error"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def run(self, count: int) -> None:
        """Send so many messages, in blocks, and count the answers to each block."""
        stream = messages(self._random, count)
        # The first message decides about the framing, so it is a good one.
        self._exchange([Sent(b'{"jsonrpc":"2.0","id":"first","method":"ping"}', ("first",))])
        for number in range(0, count, BLOCK):
            block = [sent for sent, _ in zip(stream, range(BLOCK), strict=False)]
            if not self._exchange(block):
                self.wrong.append(f"no more answers, after {number} messages")
                return
            if number == (count // BLOCK // 4) * BLOCK:
                self.first_rss_bytes = self._rss_bytes()
        self.last_rss_bytes = self._rss_bytes()

    @property
    def growth_bytes(self) -> int:
        """Of the parent's memory, over the last three quarters."""
        return self.last_rss_bytes - self.first_rss_bytes

    def close(self) -> int:
        """End the stream; the exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        self.process.stdout.close()
        return code

    def _exchange(self, block: Sequence[Sent]) -> bool:
        expected = Counter(_key(id) for sent in block for id in sent.ids)
        self._write(b"".join(self._framed(sent.body) for sent in block))
        with self._changed:
            done = self._changed.wait_for(lambda: self._is_answered(expected), 2 * PATIENCE_S)
            arrived, self._arrived = self._arrived, Counter()
            texts, self._texts = self._texts, {}
        self.answers += sum(arrived.values())
        if done and arrived == expected:
            self._compare(block, texts)
            return True
        missing, extra = expected - arrived, arrived - expected
        self.wrong.append(f"missing {dict(missing)}, too many {dict(extra)}")
        return not self._ended and bool(arrived)

    def _is_answered(self, expected: Counter[str]) -> bool:
        return self._ended or self._arrived.total() >= expected.total()

    def _compare(self, block: Sequence[Sent], texts: dict[str, str]) -> None:
        for sent in block:
            if sent.expected_text is not None:
                said = texts.get(_key(sent.ids[0]), "")
                # The queue may be full: that is an answer too.
                if said not in (sent.expected_text, "busy"):
                    self.wrong.append(f"{sent.ids[0]}: {said!r}")

    def _framed(self, body: bytes) -> bytes:
        if self._headers:
            return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        return body + b"\n"

    def _write(self, data: bytes) -> None:
        """In pieces of any length."""
        assert self.process.stdin is not None
        view = memoryview(data)
        while view:
            piece = self._random.choice([1, 7, 100, 5000, 200_000])
            self.process.stdin.write(view[:piece])
            self.process.stdin.flush()
            view = view[piece:]

    def _rss_bytes(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def _read(self) -> None:
        try:
            while body := self._next_body():
                self._take(json.loads(body))
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _next_body(self) -> bytes:
        stream = self.process.stdout
        assert stream is not None
        line = stream.readline()
        if not self._headers or not line:
            return line
        length = int(line.removeprefix(b"Content-Length: "))
        while stream.readline().strip():
            pass
        return stream.read(length)

    def _take(self, message: Any) -> None:
        answers = message if isinstance(message, list) else [message]
        with self._changed:
            for answer in answers:
                if "method" in answer:
                    continue
                key = _key(answer["id"])
                self._arrived[key] += 1
                if isinstance(answer.get("result"), dict):
                    self._texts[key] = str(answer["result"].get("text", ""))
                elif "error" in answer:
                    kind = self._texts[key] = answer["error"]["data"]["kind"]
                    if kind in FAULTS:
                        self.wrong.append(f"{key}: {answer['error']['message']}")
            self._changed.notify_all()


def _key(id: Any) -> str:
    return json.dumps(id)
