"""The audio decoded so far: mono, 16 kHz, and never longer than allowed."""

import numpy as np

from sidecar.audio.pcm import MAX_RATE_HZ, MIN_RATE_HZ, Resampler, Samples, to_mono
from sidecar.core.errors import AudioInvalid, AudioTooLong

# No recording has such values; the resampler and the mel filters square and sum them, and
# would reach infinity.
_MAX_MAGNITUDE = 1e6
# Lossy codecs overshoot full scale a little. This much means another scale.
_SUSPECT_PEAK = 16.0


class Recording:
    """Collects blocks of any rate and channel count; holds only the 16 kHz result.

    Samples that are not finite (or beyond a million times full scale) become silence, and
    are counted in `warnings`.
    """

    def __init__(self, max_duration_s: float) -> None:
        self._max_duration_s = max_duration_s
        # A bytearray grows in place by realloc; joining a list of blocks would hold all twice.
        self._data = bytearray()
        self._resampler: Resampler | None = None
        self._rate_hz = 0
        self._frames = 0
        self._earlier_s = 0.0
        self._unusable_frames = 0
        self._peak = 0.0

    @property
    def duration_s(self) -> float:
        """Seconds of input appended."""
        return self._earlier_s + (self._frames / self._rate_hz if self._frames else 0.0)

    def refuse_over(self, duration_s: float) -> None:
        """Raise AudioTooLong if `duration_s` is over the limit."""
        if duration_s > self._max_duration_s:
            raise AudioTooLong(
                f"the audio is longer than {self._max_duration_s:g} s",
                limit_s=self._max_duration_s,
            )

    def append(self, block: Samples, rate_hz: int) -> None:
        """Add (frames, channels) float32 at `rate_hz`, which may change between blocks.

        Raises AudioTooLong before anything over the limit is kept, AudioInvalid for a rate
        that no recording has.
        """
        if rate_hz != self._rate_hz:
            self._change_rate(rate_hz)
        self._frames += len(block)
        self.refuse_over(self.duration_s)
        if len(block) and self._resampler:
            self._keep(self._resampler.push(self._without_unusable(to_mono(block))))

    def finish(self) -> Samples:
        """All of it, (samples,) float32; nothing may be appended after."""
        self._flush()
        return np.frombuffer(self._data, dtype=np.float32)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about the samples."""
        warnings = []
        if self._unusable_frames:
            warnings.append(f"{self._unusable_frames} samples were not finite and became silence")
        if self._peak > _SUSPECT_PEAK:
            warnings.append(
                f"samples reach {self._peak:.0f} times full scale; float samples are expected"
                " within [-1, 1]"
            )
        return tuple(warnings)

    def _change_rate(self, rate_hz: int) -> None:
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise AudioInvalid(
                f"a sample rate of {rate_hz} Hz is outside {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz"
            )
        self._flush()
        self._earlier_s, self._frames = self.duration_s, 0
        self._rate_hz = rate_hz
        self._resampler = Resampler(rate_hz)

    def _without_unusable(self, mono: Samples) -> Samples:
        peak = max(float(mono.max()), -float(mono.min()))
        if not peak <= _MAX_MAGNITUDE:  # NaN compares false
            usable = np.abs(mono) <= _MAX_MAGNITUDE
            self._unusable_frames += len(mono) - int(np.count_nonzero(usable))
            mono = np.where(usable, mono, np.float32(0.0))
            peak = float(np.abs(mono).max())
        self._peak = max(self._peak, peak)
        return mono

    def _flush(self) -> None:
        if self._resampler:
            self._keep(self._resampler.flush())
            self._resampler = None

    def _keep(self, samples: Samples) -> None:
        self._data += np.ascontiguousarray(samples).data.cast("B")
