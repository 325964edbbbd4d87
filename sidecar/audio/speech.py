"""Spans of speech, and the way back from the time left after trimming to that of the input."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec
import numpy as np

from sidecar.audio.pcm import SAMPLE_RATE_HZ, Samples


class Speech(msgspec.Struct, frozen=True):
    """A stretch of speech: samples at 16 kHz, half-open."""

    start_sample: int
    end_sample: int


class TimeMap:
    """Trimmed time to input time, after all but `spans` was cut.

    The rule is that of faster-whisper's `SpeechTimestampsMap`, without its rounding to
    hundredths. `spans` must be disjoint and in order; if there are none, times stay as they
    are.
    """

    def __init__(self, spans: Sequence[Speech]) -> None:
        self._spans = tuple(spans)
        # Per span: where it ends in the trimmed audio, and how much was cut before it.
        self._ends_samples: list[int] = []
        self._cut_samples: list[int] = []
        kept_samples = 0
        for span in self._spans:
            self._cut_samples.append(span.start_sample - kept_samples)
            kept_samples += span.end_sample - span.start_sample
            self._ends_samples.append(kept_samples)

    def cut(self, samples: Samples) -> Samples:
        """The spans of `samples`, joined: (samples,) float32."""
        if not self._spans:
            return samples[:0]
        return np.concatenate(
            [samples[span.start_sample : span.end_sample] for span in self._spans]
        )

    def to_input_s(self, trimmed_s: float, *, is_end: bool = False) -> float:
        """The input time of `trimmed_s`.

        At a joint, an end belongs to the earlier span and a start to the later one. A time
        past the last span goes on from its end.
        """
        return trimmed_s + self._cut_before_s(trimmed_s, is_end=is_end)

    def to_input_span_s(self, start_s: float, end_s: float) -> tuple[float, float]:
        """The input times of a word, both taken from the span that holds its middle.

        A word across a joint is thus moved, never stretched over what was cut.
        """
        cut_s = self._cut_before_s((start_s + end_s) / 2, is_end=False)
        return start_s + cut_s, end_s + cut_s

    def _cut_before_s(self, trimmed_s: float, *, is_end: bool) -> float:
        if not self._spans:
            return 0.0
        sample = round(trimmed_s * SAMPLE_RATE_HZ)
        find = bisect_left if is_end else bisect_right
        index = min(find(self._ends_samples, sample), len(self._spans) - 1)
        return self._cut_samples[index] / SAMPLE_RATE_HZ
