"""What a WAV header says about its length, which libsndfile silently corrects to the file's."""

import struct
from typing import BinaryIO

# PCM, float, and the extensible form of both: a frame has one size. Not so in compressed WAV.
_LINEAR_FORMATS = frozenset({0x0001, 0x0003, 0xFFFE})
# Writers to a pipe cannot know the size, and state the most that fits.
_UNKNOWN_SIZE_BYTES = 0x7FFF_0000
_MAX_CHUNKS = 64


def claimed_duration_s(file: BinaryIO) -> float | None:
    """Seconds of linear audio that the header of a little-endian WAV file promises.

    None if the file is something else or its header makes no usable claim. The position of
    `file` is moved.
    """
    file.seek(0)
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    frame_bytes_per_s = 0
    for _ in range(_MAX_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            return None
        name, size_bytes = struct.unpack("<4sI", chunk)
        if name == b"data":
            known = 0 < size_bytes < _UNKNOWN_SIZE_BYTES and frame_bytes_per_s > 0
            return size_bytes / frame_bytes_per_s if known else None
        if name == b"fmt " and size_bytes >= 16:
            fields = file.read(16).ljust(16, b"\0")
            tag, _, rate_hz, _, frame_bytes = struct.unpack_from("<HHIIH", fields)
            frame_bytes_per_s = rate_hz * frame_bytes if tag in _LINEAR_FORMATS else 0
            size_bytes -= 16
        file.seek(size_bytes + size_bytes % 2, 1)
    return None
