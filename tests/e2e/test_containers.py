"""What browsers and phones record, sent as they are."""

import base64
from pathlib import Path

import av
import pytest
import soundfile
import soxr

from tests.e2e.client import Client
from tests.e2e.jobs import EXPECTED, SAMPLE

RATE_HZ = 48_000


def recording(path: Path, codec: str) -> Path:
    """The sample in the container that the file's name says."""
    samples, rate_hz = soundfile.read(SAMPLE, dtype="float32")
    samples = soxr.resample(samples, rate_hz, RATE_HZ)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE_HZ)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        for start in range(0, len(samples), 960):
            block = samples[None, start : start + 960]
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.smoke
@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libopus"), ("a.m4a", "aac")])
@pytest.mark.parametrize("as_path", [True, False])
def test_recordings_are_transcribed_from_a_path_and_from_data(
    shared: Client, tmp_path: Path, name: str, codec: str, as_path: bool
) -> None:
    path = recording(tmp_path / name, codec)
    data = base64.b64encode(path.read_bytes()).decode()
    audio = {"path": str(path)} if as_path else {"data": data}
    result = shared.call("transcribe", {"audio": audio})
    assert result["text"] == EXPECTED["text"]
    assert result["duration_s"] == pytest.approx(EXPECTED["duration_s"], abs=0.1)
