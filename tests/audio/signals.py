"""Signals and encoded files for the tests, made on the spot."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

Values = npt.NDArray[np.float32]

REPOSITORY = Path(__file__).resolve().parents[2]
REAL_SPEECH = REPOSITORY.parent / "shared" / "audio" / "jfk.flac"
SAMPLE = REPOSITORY / "sidecar" / "assets" / "sample.flac"


def tone(frequency_hz: float, duration_s: float, rate_hz: int, channels: int = 1) -> Values:
    """A sine at half of full scale, (frames, channels)."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    mono = 0.5 * np.sin(2 * np.pi * frequency_hz * time_s)
    return np.repeat(mono[:, None], channels, axis=1).astype(np.float32)


def level_db(samples: Values) -> float:
    """Root mean square relative to full scale."""
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


def voice(duration_s: float, rate_hz: int = 16_000) -> Values:
    """Like a sung vowel: harmonics of 120 Hz under three formants, in syllables; (frames,)."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    signal = np.zeros_like(time_s)
    for frequency_hz in 120.0 * np.arange(1, 30):
        formants_hz = np.array([700.0, 1220.0, 2600.0])
        gain = 0.02 + np.exp(-np.square((frequency_hz - formants_hz) / 150.0)).sum()
        signal += gain * np.sin(2 * np.pi * frequency_hz * time_s + frequency_hz / 120.0)
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time_s)
    sung: Values = (0.5 * signal * syllables / np.abs(signal).max()).astype(np.float32)
    return sung


def sound(
    values: Values | npt.NDArray[np.int16],
    rate_hz: int,
    file_format: str,
    subtype: str | None = None,
) -> bytes:
    """`values` as a file that libsndfile writes."""
    buffer = io.BytesIO()
    soundfile.write(buffer, values, rate_hz, format=file_format, subtype=subtype)
    return buffer.getvalue()


def media(
    values: Values,
    rate_hz: int,
    container_format: str,
    codec: str,
    *,
    options: dict[str, str] | None = None,
    with_video: bool = False,
    audio_streams: int = 1,
) -> bytes:
    """`values` (frames, channels) as a media file that FFmpeg writes."""
    buffer = io.BytesIO()
    layout = {1: "mono", 2: "stereo"}[values.shape[1]]
    with av.open(buffer, "w", format=container_format, options=options or {}) as container:
        video = container.add_stream("mpeg4", rate=10) if with_video else None
        streams: list[Any] = [
            container.add_stream(codec, rate=rate_hz) for _ in range(audio_streams)
        ]
        for stream in streams:
            stream.layout = layout
        if video:
            _film(container, video)
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(values.T), format="fltp", layout=layout
            )
            frame.rate, frame.pts = rate_hz, 0
            for packet in (*stream.encode(frame), *stream.encode(None)):
                container.mux(packet)
    return buffer.getvalue()


def _film(container: Any, stream: Any) -> None:
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    for index in range(5):
        picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), dtype=np.uint8), format="rgb24")
        picture.pts = index
        for packet in stream.encode(picture):
            container.mux(packet)
    for packet in stream.encode(None):
        container.mux(packet)


def aac_m4a(values: Values, rate_hz: int) -> bytes:
    """As phones record."""
    return media(values, rate_hz, "ipod", "aac")


def live_webm(values: Values, rate_hz: int) -> bytes:
    """As MediaRecorder does: WebM/Opus without a duration."""
    return media(values, rate_hz, "webm", "libopus", options={"live": "1"})


def header_only_webm() -> bytes:
    """As MediaRecorder leaves when it is stopped as it starts: all up to the first cluster."""
    whole = live_webm(tone(440, 0.1, 48_000), 48_000)
    return whole[: whole.index(bytes.fromhex("1f43b675"))]


CONTAINERS: dict[str, Callable[[Values, int], bytes]] = {
    "wav": lambda values, rate_hz: sound(values, rate_hz, "WAV", "PCM_16"),
    "flac": lambda values, rate_hz: sound(values, rate_hz, "FLAC"),
    "ogg": lambda values, rate_hz: sound(values, rate_hz, "OGG", "VORBIS"),
    "mp3": lambda values, rate_hz: sound(values, rate_hz, "MP3"),
    "m4a": aac_m4a,
    "webm": lambda values, rate_hz: media(values, rate_hz, "webm", "libopus"),
    "live webm": live_webm,
}
