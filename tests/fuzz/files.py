"""Damaged audio files, and files that claim what they do not hold."""

import random
import struct
from collections.abc import Sequence

from tests.audio.signals import CONTAINERS, sound, tone
from tests.fuzz.mutation import damaged

RATE_HZ = 16_000
HOURS = 100


def whole() -> dict[str, bytes]:
    """A second of a tone in every container."""
    made = {name: encode(tone(440, 1.0, RATE_HZ), RATE_HZ) for name, encode in CONTAINERS.items()}
    return {**made, **bombs()}


def bombs() -> dict[str, bytes]:
    """Small files that claim hours, or grow to them."""
    flac = bytearray(sound(tone(440, 1.0, RATE_HZ), RATE_HZ, "FLAC", "PCM_16"))
    samples = HOURS * 3600 * RATE_HZ
    # STREAMINFO: 36 bits of total samples, in the last half of byte 13 and the four after it.
    flac[8 + 13] = flac[8 + 13] & 0xF0 | samples >> 32 & 0xF
    flac[8 + 14 : 8 + 18] = struct.pack(">I", samples & 0xFFFFFFFF)
    wav = bytearray(sound(tone(440, 0.1, RATE_HZ), RATE_HZ, "WAV", "PCM_16"))
    wav[40:44] = struct.pack("<I", 0xFFFFFFF0)
    silent = sound(tone(0, 1200.0, RATE_HZ) * 0, RATE_HZ, "FLAC", "PCM_16")
    return {"flac of 100 h": bytes(flac), "wav of 4 GB": bytes(wav), "20 min of silence": silent}


def file_number(number: int, seed: int, originals: Sequence[bytes]) -> bytes:
    """The damaged file of this number: the same for the same seed."""
    chance = random.Random(f"{seed}-{number}")
    data = damaged(chance, chance.choice(originals))
    if chance.random() < 0.1:
        # The header of one format on the body of another.
        other = chance.choice(originals)
        cut = chance.randrange(4, 200)
        data = other[:cut] + data[cut:]
    return data
