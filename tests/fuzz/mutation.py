"""Values and bytes that nobody would send on purpose. The same seed makes the same ones."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**53, 2**63 - 1, -(2**63), 1e-300, 1e300, -0.0, 0.5, "",
    "0", "a", "\0", "\x7f\x1b[2J", "ä\u2028\ufeff", "\U0010ffff", "x" * 5000, "../../etc/passwd",
    "/dev/zero", "/proc/self/mem", [], [[]], {}, {"": None}, [0] * 300, {"a": {"b": {"c": []}}},
)  # fmt: skip
"""Of every kind that JSON has, at the edges of each."""
DEEP = 3000
"""Deeper than parsers recurse."""
MARKS = b'{}[]",:\\\x00\xff\n\r 0-eE.tfn'


def odd(random: random.Random, depth: int = 0) -> Any:
    """Any JSON value."""
    chosen = random.random()
    if depth > 4 or chosen < 0.7:
        return random.choice(ODD)
    if chosen < 0.85:
        return [odd(random, depth + 1) for _ in range(random.randrange(4))]
    return {str(random.choice(ODD)): odd(random, depth + 1) for _ in range(random.randrange(4))}


def nested(random: random.Random) -> bytes:
    """Arrays or objects within each other, closed or not."""
    depth = random.randrange(1, DEEP)
    start, end = random.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return start * depth + b"1" + (end * depth if random.random() < 0.7 else b"")


def changed(random: random.Random, params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with one of them, at any depth, replaced, dropped, added or misspelt."""
    copy: dict[str, Any] = json.loads(json.dumps(params))
    target = copy
    while (inner := [v for v in target.values() if isinstance(v, dict)]) and random.random() < 0.6:
        target = random.choice(inner)
    name = random.choice([*target, "timeout_s", "options", "audio", "path", "job_id"])
    match random.randrange(4):
        case 0:
            target.pop(name, None)
        case 1:
            target[name + random.choice("sx_ ")] = target.pop(name, 1)
        case _:
            target[name] = odd(random)
    return copy


def _truncated(random: random.Random, data: bytearray) -> None:
    del data[random.randrange(len(data) + 1) :]


def _flipped(random: random.Random, data: bytearray) -> None:
    for _ in range(random.choice([1, 1, 2, 8, 64])):
        if data:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _overwritten(random: random.Random, data: bytearray) -> None:
    start = random.randrange(len(data) + 1)
    data[start : start + random.choice([1, 4, 16])] = random.choice(
        [b"\xff" * 4, b"\x00" * 4, b"\x7f\xff\xff\xff", random.randbytes(4), bytes([*MARKS[:6]])]
    )


def _cut_out(random: random.Random, data: bytearray) -> None:
    start = random.randrange(len(data) + 1)
    del data[start : start + random.randrange(1, 64)]


def _doubled(random: random.Random, data: bytearray) -> None:
    start = random.randrange(len(data) + 1)
    piece = data[start : start + random.randrange(1, 64)]
    data[start:start] = piece * random.choice([1, 1, 20])


def _marked(random: random.Random, data: bytearray) -> None:
    data.insert(random.randrange(len(data) + 1), random.choice(MARKS))


DAMAGE: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _truncated,
    _flipped,
    _overwritten,
    _cut_out,
    _doubled,
    _marked,
)


def damaged(random: random.Random, data: bytes) -> bytes:
    """The bytes, damaged in one to three ways."""
    copy = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 3])):
        random.choice(DAMAGE)(random, copy)
    return bytes(copy)
