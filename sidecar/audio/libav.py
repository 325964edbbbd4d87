"""What libsndfile cannot read (MP4, WebM, AAC, video), read by FFmpeg's libraries through PyAV."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from sidecar.audio.pcm import Samples, as_float32, block_frames
from sidecar.core.errors import AudioInvalid

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Containers of media only. FFmpeg also reads playlists and scripts (HLS, concat, ...), which
# name further files and addresses to open: audio sent by a client must not.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,loas,matroska,mov,mp3,mpeg,mpegts,"
    "ogg,tta,w64,wav,wv"
)

# Their headers state the duration; for the others FFmpeg guesses it from the bit rate.
_CONTAINERS_WITH_DURATION = frozenset({"asf", "avi", "caf", "flac", "matroska", "mov", "wav"})


class LibavReader:
    """The first audio stream of an open media file, as a source of blocks.

    Raises AudioInvalid, on opening when the container is not recognised or has no audio
    stream that can be decoded, and from `blocks` where it cannot be read further. Damaged
    packets are skipped and counted in `warnings`.
    """

    def __init__(self, file: BinaryIO) -> None:
        import av

        try:
            self._container = av.open(
                file,
                mode="r",
                metadata_errors="ignore",
                container_options={"format_whitelist": _CONTAINERS, "protocol_whitelist": ""},
            )
        except av.error.EOFError as error:  # a recording that was stopped as it started
            raise AudioInvalid("there is no audio in it: it ends with its header") from error
        except Exception as error:
            if _is_shortage(error):
                raise
            raise AudioInvalid("it is no audio of a known format, or damaged") from error
        try:
            self._stream = _first_audio_stream(self._container)
        except AudioInvalid:
            self._container.close()
            raise
        self.claimed_s = _claimed_s(self._container, self._stream)
        self.warnings: list[str] = []
        if len(self._container.streams.audio) > 1:
            self.warnings.append(
                f"of {len(self._container.streams.audio)} audio streams the first was taken"
            )

    def blocks(self) -> Iterator[tuple[Samples, int]]:
        """(frames, channels) float32 and the rate in hertz, which may change."""
        pending: list[Samples] = []
        pending_frames = 0
        shape = (0, 0)
        for frame in self._frames():
            values = _interleaved(frame)
            frame_shape = (frame.sample_rate, values.shape[1])
            # An AAC frame is 20 ms: joined, they cost the rest of the way less.
            if pending and (frame_shape != shape or pending_frames >= block_frames(*shape)):
                yield np.concatenate(pending), shape[0]
                pending, pending_frames = [], 0
            shape = frame_shape
            pending.append(values)
            pending_frames += len(values)
        if pending:
            yield np.concatenate(pending), shape[0]

    def close(self) -> None:
        """Release the decoder; the file stays open."""
        self._container.close()

    def _frames(self) -> "Iterator[AudioFrame]":
        skipped = 0
        packets = iter(self._container.demux(self._stream))
        ended_early = False
        while True:
            try:
                packet = next(packets, None)
            except Exception as error:
                if _is_shortage(error):
                    raise
                ended_early = True
                break
            if packet is None:
                break
            try:
                frames = packet.decode()
            except Exception as error:
                if _is_shortage(error):
                    raise
                skipped += 1
                continue
            yield from frames
        if skipped:
            self.warnings.append(f"{skipped} damaged packets of audio were skipped")
        if ended_early:
            raise AudioInvalid("the audio data is damaged")


def _is_shortage(error: Exception) -> bool:
    """Whether memory ran out; FFmpeg says so too of sizes in damaged headers that it refuses."""
    from av.error import FFmpegError

    return isinstance(error, MemoryError) and not isinstance(error, FFmpegError)


def _first_audio_stream(container: "InputContainer") -> "AudioStream":
    if not container.streams.audio:
        raise AudioInvalid("the file has no audio stream")
    stream = container.streams.audio[0]
    # PyAV gives a stream no codec context when this build of FFmpeg has no decoder for it.
    if getattr(stream, "codec_context", None) is None:
        raise AudioInvalid("there is no decoder for the file's audio stream")
    return stream


def _claimed_s(container: "InputContainer", stream: "AudioStream") -> float | None:
    if container.format.name.split(",")[0] not in _CONTAINERS_WITH_DURATION:
        return None
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # The container's duration is that of its longest stream, perhaps a video.
    if container.duration is not None and len(container.streams) == 1:
        return container.duration / 1_000_000
    return None


def _interleaved(frame: "AudioFrame") -> Samples:
    values = frame.to_ndarray()
    if frame.format.is_planar:
        return as_float32(values.T)
    return as_float32(values.reshape(-1, frame.layout.nb_channels))
