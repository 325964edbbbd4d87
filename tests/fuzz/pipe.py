"""The pipe between parent and worker, both directions: messages, damaged, in pieces of any length.

In this process: what a reader of the pipe may do is to yield messages of its direction, or to
say that it cannot (`IpcError`), after which the worker's process is ended.
"""

import random
from collections import Counter
from typing import Any, get_args

from msgspec import to_builtins

from sidecar.core.ipc import (
    Beat,
    Cancel,
    Decoded,
    Failed,
    FromWorker,
    Hello,
    IpcError,
    Load,
    ModelSpec,
    Progress,
    Ready,
    ToWorker,
    encode,
    from_worker,
    to_worker,
)
from sidecar.core.result import ModelInfo, Segment
from sidecar.core.timing import Phase, Timings
from tests.fuzz.mutation import damaged, nested

PAYLOAD_BYTES = 10_000
TOLD: tuple[FromWorker, ...] = (
    Hello(1),
    Ready(ModelInfo("m", "/m", "cpu", "int8"), 1.0, 1 << 20),
    Beat(1 << 20),
    Progress("job", Phase.DECODE, Timings(), 1.0),
    Decoded("job", Segment(0, 0.0, 1.0, " text", -0.1, 1.0, 0.0, 0.0)),
    Failed("job", "audio_invalid", "it is none", Timings(), {"limit_s": 3.5}),
)
ORDERED: tuple[ToWorker, ...] = (Load(ModelSpec("m", "/m")), Cancel("job"))


def fuzz(seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """So many damaged streams; what came of them, and what was wrong."""
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(count):
        to_parent = chance.random() < 0.5
        decoder: Any = from_worker() if to_parent else to_worker(PAYLOAD_BYTES)
        kinds = get_args(FromWorker if to_parent else ToWorker)
        stream = damaged(chance, _stream(chance, to_parent))
        try:
            for message, payload in _fed(chance, decoder, stream):
                outcomes["message"] += 1
                to_builtins(message)
                if not isinstance(message, kinds) or len(payload) > PAYLOAD_BYTES:
                    wrong.append(f"stream {number}: {message!r}")
        except IpcError:
            outcomes["refused"] += 1
        except Exception as error:
            wrong.append(f"stream {number}: {type(error).__name__}: {error}")
    return outcomes, wrong


def _stream(chance: random.Random, to_parent: bool) -> bytes:
    stream = b""
    for _ in range(chance.randrange(1, 4)):
        payload = b"" if to_parent else chance.randbytes(chance.choice([0, 0, 10, 500]))
        message = chance.choice(TOLD if to_parent else ORDERED)
        stream += encode(message, len(payload)) + payload
    if chance.random() < 0.01:
        stream += b'{"fuzz":' + nested(chance) + b"}\n"
    return stream


def _fed(chance: random.Random, decoder: Any, stream: bytes) -> Any:
    while stream:
        piece = chance.choice([1, 3, 50, 5000])
        yield from decoder.feed(stream[:piece])
        stream = stream[piece:]
