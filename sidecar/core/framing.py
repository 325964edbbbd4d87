"""Where one message ends and the next begins, sans-I/O.

Two framings: one message per line (as in MCP), and `Content-Length` headers (as in the Language
Server Protocol's base protocol). The first non-blank byte tells which, and it is then kept.
"""

from collections.abc import Iterator
from enum import Enum, auto

BOM = b"\xef\xbb\xbf"
MAX_HEADERS_BYTES = 8192


class Framing(Enum):
    """How messages are delimited."""

    LINE = "line"
    HEADER = "header"


class Defect(Enum):
    """Why a stretch of the stream is not a message. The stream goes on behind it."""

    TOO_LARGE = auto()
    BAD_HEADERS = auto()


class Framer:
    """Splits a byte stream, however it arrives, into messages."""

    def __init__(self, max_message_bytes: int, framing: Framing | None = None) -> None:
        self.framing = framing
        self._max_bytes = max_message_bytes
        self._buffer = bytearray()
        self._scanned = 0
        self._skip_bytes = 0
        self._skip_line = False
        self._body_bytes: int | None = None
        self._at_start = True

    def feed(self, data: bytes) -> Iterator[bytes | Defect]:
        """Every message, and every defect, that `data` completes."""
        self._buffer += data
        if self._at_start and not self._begin():
            return
        if self.framing is Framing.HEADER:
            yield from self._with_headers()
        else:
            yield from self._lines()

    def close(self) -> Iterator[bytes | Defect]:
        """What the end of the stream completes: a last line without its line feed."""
        if self.framing is Framing.LINE and not self._skip_line:
            yield from self._lines(end_of_stream=True)
        self._buffer.clear()

    def frame(self, body: bytes) -> bytes:
        """`body` as it is written to the stream."""
        if self.framing is Framing.HEADER:
            return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        return body + b"\n"

    def _begin(self) -> bool:
        if BOM.startswith(self._buffer[:3]) and len(self._buffer) < 3:
            return False
        if self._buffer.startswith(BOM):
            del self._buffer[:3]
        blank = len(self._buffer) - len(self._buffer.lstrip())
        del self._buffer[:blank]
        if not self._buffer:
            return False
        if self.framing is None:
            self.framing = Framing.HEADER if self._buffer[:1] in b"Cc" else Framing.LINE
        self._at_start = False
        return True

    def _lines(self, end_of_stream: bool = False) -> Iterator[bytes | Defect]:
        start = 0
        while (end := self._buffer.find(b"\n", max(start, self._scanned))) >= 0:
            line = bytes(memoryview(self._buffer)[start:end]).strip()
            start = end + 1
            if self._skip_line:
                self._skip_line = False
            elif len(line) > self._max_bytes:
                yield Defect.TOO_LARGE
            elif line:
                yield line
        del self._buffer[:start]
        if end_of_stream and (line := bytes(self._buffer).strip()):
            yield Defect.TOO_LARGE if len(line) > self._max_bytes else line
        elif len(self._buffer) > self._max_bytes + 2:
            # Said now, not at the line's end: the sender may wait for an answer.
            if not self._skip_line:
                yield Defect.TOO_LARGE
            self._skip_line = True
            self._buffer.clear()
        elif self._skip_line:
            self._buffer.clear()
        self._scanned = len(self._buffer)

    def _with_headers(self) -> Iterator[bytes | Defect]:
        while True:
            if self._skip_bytes:
                dropped = min(self._skip_bytes, len(self._buffer))
                del self._buffer[:dropped]
                self._skip_bytes -= dropped
                if self._skip_bytes:
                    return
            if self._body_bytes is None:
                found = self._take_headers()
                if found is None:
                    return
                if isinstance(found, Defect):
                    yield found
                    continue
                self._body_bytes = found
            if len(self._buffer) < self._body_bytes:
                return
            body = bytes(memoryview(self._buffer)[: self._body_bytes])
            del self._buffer[: self._body_bytes]
            self._body_bytes = None
            yield body

    def _take_headers(self) -> int | Defect | None:
        """The length of the body that follows; None: the headers are not complete."""
        blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        del self._buffer[:blank]
        end, gap = self._end_of_headers()
        if end < 0:
            if len(self._buffer) <= MAX_HEADERS_BYTES:
                return None
            # What can not be headers is dropped up to the last line feed, where some may begin.
            del self._buffer[: max(self._buffer.rfind(b"\n") + 1, MAX_HEADERS_BYTES)]
            return Defect.BAD_HEADERS
        length = _content_length(bytes(self._buffer[:end]))
        del self._buffer[: end + gap]
        if length is None:
            return Defect.BAD_HEADERS
        if length > self._max_bytes:
            self._skip_bytes = length
            return Defect.TOO_LARGE
        return length

    def _end_of_headers(self) -> tuple[int, int]:
        found = [
            (end, len(gap))
            for gap in (b"\r\n\r\n", b"\n\n")
            if (end := self._buffer.find(gap, 0, MAX_HEADERS_BYTES + len(gap))) >= 0
        ]
        return min(found, default=(-1, 0))


def _content_length(headers: bytes) -> int | None:
    for line in headers.splitlines():
        name, _, value = line.partition(b":")
        digits = value.strip()
        if name.strip().lower() == b"content-length" and digits.isdigit() and len(digits) <= 15:
            return int(digits)
    return None
