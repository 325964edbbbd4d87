"""From a file or bytes of any audio format to mono samples at 16 kHz, within limits."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import BinaryIO, Protocol

import msgspec

from sidecar.audio.files import open_audio_file
from sidecar.audio.libav import LibavReader
from sidecar.audio.libsndfile import LibsndfileReader
from sidecar.audio.pcm import RawReader, Samples
from sidecar.audio.recording import Recording
from sidecar.core.errors import AudioInvalid, AudioTooLong
from sidecar.core.ipc import AudioLimits
from sidecar.core.request import AudioSource

# Encoders pad the ends and round the duration they state: less is no sign of damage.
_CLAIM_TOLERANCE_S = 0.2


class DecodedAudio(msgspec.Struct, frozen=True):
    """Mono float32 at 16 kHz, at least one sample.

    `duration_s` is of the input as decoded; `warnings` say what was lost or changed.
    """

    samples: Samples
    duration_s: float
    warnings: tuple[str, ...]


class Reader(Protocol):
    """An open source of audio. `claimed_s` is what its header says, None if it says nothing."""

    claimed_s: float | None
    warnings: list[str]

    def blocks(self) -> Iterator[tuple[Samples, int]]:
        """(frames, channels) float32 and the rate in hertz; AudioInvalid where damaged."""

    def close(self) -> None:
        """Release what is held."""


def decode_audio(
    source: AudioSource,
    payload: bytes | memoryview | None,
    limits: AudioLimits,
    check: Callable[[], None] = lambda: None,
) -> DecodedAudio:
    """Decode the file at `source.path`, or else the `payload`.

    `check` is called between blocks; what it raises is passed on. Raises AudioInvalid,
    AudioTooLong (`limit_s` or `limit_bytes`) before the memory is taken, FileUnreadable
    (`path` as the caller gave it). What can be decoded of a damaged file is kept, with a
    warning.
    """
    if source.path is not None:
        with open_audio_file(
            source.path, allowed_dirs=limits.allowed_dirs, max_bytes=limits.max_bytes
        ) as file:
            return _decode_file(file, limits, check)
    if payload is None:
        raise AudioInvalid("there is neither a path nor data")
    size_bytes = memoryview(payload).nbytes
    if size_bytes > limits.max_bytes:
        raise AudioTooLong(
            f"the data is bigger than {limits.max_bytes} bytes", limit_bytes=limits.max_bytes
        )
    if source.format == "file":
        with io.BytesIO(payload) as file:
            return _decode_file(file, limits, check)
    reader = RawReader(payload, source.format, source.sample_rate, source.channels)
    return _read(reader, limits, check).result()


class _Attempt:
    """What one reader made of the input."""

    def __init__(self, reader: Reader, recording: Recording, damage: AudioInvalid | None) -> None:
        self._reader = reader
        self._recording = recording
        self.damage = damage
        self.duration_s = recording.duration_s

    @property
    def is_whole(self) -> bool:
        return self.duration_s > 0 and self.damage is None

    def result(self) -> DecodedAudio:
        samples = self._recording.finish()
        if not len(samples):
            raise self.damage or AudioInvalid("there is no audio in it: not one sample")
        warnings = [*self._reader.warnings, *self._recording.warnings]
        claimed_s = self._reader.claimed_s
        if claimed_s is not None and self.duration_s < claimed_s - _CLAIM_TOLERANCE_S:
            warnings.append(
                f"the file ends early: {self.duration_s:.1f} s of {claimed_s:.1f} s were decoded"
            )
        elif self.damage:
            warnings.append(f"the audio data is damaged: {self.duration_s:.1f} s were decoded")
        return DecodedAudio(samples, self.duration_s, tuple(warnings))


def _decode_file(file: BinaryIO, limits: AudioLimits, check: Callable[[], None]) -> DecodedAudio:
    if not file.read(1):
        raise AudioInvalid("there is no audio in it: not one byte")
    attempts: list[_Attempt] = []
    refusals: list[AudioInvalid] = []
    # libsndfile is the faster; libav knows more formats, and goes on after damaged spots.
    for open_reader in (LibsndfileReader, LibavReader):
        check()
        file.seek(0)
        try:
            reader: Reader = open_reader(file)
        except AudioInvalid as refusal:
            refusals.append(refusal)
            continue
        with closing(reader):
            attempts.append(_read(reader, limits, check))
        if attempts[-1].is_whole:
            break
    if not attempts:
        raise refusals[-1]
    best = max(attempts, key=lambda attempt: attempt.duration_s)
    best.damage = next((attempt.damage for attempt in attempts if attempt.damage), None)
    return best.result()


def _read(reader: Reader, limits: AudioLimits, check: Callable[[], None]) -> _Attempt:
    recording = Recording(limits.max_duration_s)
    if reader.claimed_s is not None:
        recording.refuse_over(reader.claimed_s)
    try:
        for block, rate_hz in reader.blocks():
            check()
            recording.append(block, rate_hz)
    except AudioInvalid as damage:
        return _Attempt(reader, recording, damage)
    return _Attempt(reader, recording, None)
