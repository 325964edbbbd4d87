"""WAV, FLAC, Ogg and their kin, read by libsndfile (https://libsndfile.github.io).

Not MP3, though it could: python-soundfile seeks to where it is after every block, which makes
the decoder forget the bits that MP3 frames borrow from earlier ones (glitches at each block,
measured as 1 dB of a tone), and libmpg123 writes its complaints to stderr.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from sidecar.audio.pcm import Samples, block_frames
from sidecar.audio.riff import claimed_duration_s
from sidecar.core.errors import AudioInvalid

_UNKNOWN = "it is no audio of a known format, or damaged"


class LibsndfileReader:
    """An open sound file, as a source of blocks.

    Raises AudioInvalid, on opening when the format is not one of libsndfile's or is MP3, and
    from `blocks` where the data is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        import soundfile

        if _is_mpeg_audio(file):
            raise AudioInvalid(_UNKNOWN)
        header_s = claimed_duration_s(file)
        file.seek(0)
        try:
            self._sound = soundfile.SoundFile(_Quiet(file))
        except MemoryError:
            raise
        except Exception as error:
            raise AudioInvalid(_UNKNOWN) from error
        if self._sound.subtype.startswith("MPEG"):  # MP3 within WAV
            self._sound.close()
            raise AudioInvalid(_UNKNOWN)
        frames_s = self._sound.frames / max(1, self._sound.samplerate)
        self.claimed_s: float | None = max(frames_s, header_s or 0.0)
        self.warnings: list[str] = []

    def blocks(self) -> Iterator[tuple[Samples, int]]:
        """(frames, channels) float32 and the rate in hertz."""
        sound = self._sound
        step = block_frames(sound.samplerate, sound.channels)
        while True:
            try:
                block = sound.read(step, dtype="float32", always_2d=True)
            except MemoryError:
                raise
            except Exception as error:
                raise AudioInvalid("the audio data is damaged") from error
            if not len(block):
                return
            yield block, sound.samplerate

    def close(self) -> None:
        """Release the decoder; the file stays open."""
        self._sound.close()


class _Quiet:
    """A file as libsndfile's callbacks need it: no exception can leave them.

    They are called from C, which could only write a traceback to stderr; damaged headers do
    make libsndfile seek to before the beginning. It notices by the position or the count.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seek(self, offset: int, whence: int = 0) -> None:
        with suppress(OSError, ValueError, OverflowError):
            self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except (OSError, ValueError, OverflowError):
            return b""


def _is_mpeg_audio(file: BinaryIO) -> bool:
    file.seek(0)
    head = file.read(3)
    return head == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")
