"""One decoded text of a window, and whether it is good enough. Pure."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from sidecar.worker.loops import Loop
from sidecar.worker.tokens import Limit


class Thresholds(Protocol):
    """The part of the decoding options that judges; None switches a test off."""

    @property
    def compression_ratio_threshold(self) -> float | None: ...
    @property
    def log_prob_threshold(self) -> float | None: ...
    @property
    def no_speech_threshold(self) -> float | None: ...


class Verdict(Struct, frozen=True):
    """What becomes of a hypothesis, by the rules of Whisper's `decode_with_fallback`."""

    accepted: bool
    """False: the next temperature is tried."""
    silent: bool
    """If it is the one kept, its text is left out: the window is taken for silence."""
    repetitive: bool
    reason: str
    """Why it was rejected or left out, or "accepted"."""


class Hypothesis(Struct, frozen=True):
    """A text that was decoded, with the figures it is judged by."""

    result: Any
    """CTranslate2's `WhisperGenerationResult`."""
    text: str
    temperature: float
    tokens: int
    steps: int
    """Tokens of the longest text decoded beside it, which is what took the time."""
    avg_logprob: float
    compression_ratio: float
    verdict: Verdict
    cut_by: Limit | None
    """The limit that ended it before its end."""
    loop: Loop | None
    unfinished: bool
    """It was only looked at, and there is no telling yet."""
    doubt: str
    """Why a text of an encoder that saw less than the window is not to be trusted; or empty."""

    ended_early: bool
    """It was only looked at, and that was enough: it could not be accepted any more."""

    @property
    def outcome(self) -> str:
        """The verdict, in words."""
        if self.unfinished:
            return f"unfinished after {self.tokens} tokens"
        reasons = [self.verdict.reason]
        if self.loop and not self.verdict.accepted:
            reasons.append("it loops")
        if self.ended_early:
            reasons.append(f"ended after {self.tokens} tokens")
        if self.doubt and self.verdict.accepted:
            reasons = [self.doubt]
        return "; ".join(reasons)


class Kept(Struct, frozen=True):
    """The tokens of a window where they are not CTranslate2's; with its field names."""

    sequences_ids: tuple[tuple[int, ...]]
    no_speech_prob: float


def most_probable(tried: Sequence[Hypothesis]) -> Hypothesis:
    """The one to keep when all were rejected; repetitive ones only if there are no others."""
    sound = [hypothesis for hypothesis in tried if not hypothesis.verdict.repetitive]
    return max(sound or tried, key=lambda hypothesis: hypothesis.avg_logprob)


def judge(
    avg_logprob: float, compression_ratio: float, no_speech_prob: float, limits: Thresholds
) -> Verdict:
    """Decide as faster-whisper does; comparisons with NaN are false there too."""
    repetitive = is_above(compression_ratio, limits.compression_ratio_threshold)
    improbable = is_above(limits.log_prob_threshold, avg_logprob)
    no_speech = is_above(no_speech_prob, limits.no_speech_threshold)
    silent = no_speech and not is_above(avg_logprob, limits.log_prob_threshold)
    accepted = not (repetitive or improbable) or (no_speech and improbable)
    reasons = []
    if accepted and silent:
        reasons.append(f"no_speech {no_speech_prob:.4g} > {limits.no_speech_threshold:g}")
    elif not accepted:
        if repetitive:
            threshold = limits.compression_ratio_threshold
            reasons.append(f"compression_ratio {compression_ratio:.4g} > {threshold:g}")
        if improbable:
            reasons.append(f"avg_logprob {avg_logprob:.4g} < {limits.log_prob_threshold:g}")
    return Verdict(accepted, silent, repetitive, "; ".join(reasons) or "accepted")


def is_above(value: float | None, limit: float | None) -> bool:
    """Whether both are numbers and `value` is the larger one; of NaN nothing is."""
    return value is not None and limit is not None and value > limit


def mean_logprob(score: float, tokens: int, length_penalty: float) -> float:
    """Average log-probability a token, the end of the text included, from CTranslate2's score.

    CTranslate2 divides the sum by tokens ** length_penalty; an empty text has none to undo.
    """
    if tokens == 0 and length_penalty < 0:
        return 0.0
    return float(score * tokens**length_penalty / (tokens + 1))


def finite(value: float, otherwise: float) -> float:
    """A plain float that JSON can carry: `otherwise` in the place of NaN and the infinities."""
    value = float(value)
    return value if math.isfinite(value) else otherwise
