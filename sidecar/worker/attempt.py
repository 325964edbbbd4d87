"""One attempt at a window: what CTranslate2 is asked, and what is made of its answer."""

from collections.abc import Sequence
from typing import Any

from faster_whisper.transcribe import get_compression_ratio
from msgspec import Struct

from sidecar.worker.hypothesis import Hypothesis, Verdict, is_above, judge, mean_logprob
from sidecar.worker.ladder import Search
from sidecar.worker.loops import Loop, find_loop
from sidecar.worker.tokens import Limit, max_length

TIME_S = 0.02
"""From one timestamp token to the next."""


class Attempt(Struct, frozen=True):
    """An attempt that is about to be made."""

    temperature: float
    search: Search
    limit: Limit
    look: int | None = None
    """After how many tokens to look at it; None: it is decoded to its end."""
    patience: float = 1.0

    @property
    def tokens(self) -> int:
        """The most it may give."""
        return self.look or self.limit.tokens

    @property
    def cut_by(self) -> Limit:
        """What has ended it, if it took all it may."""
        if self.look is None:
            return self.limit
        return Limit(self.look, "when it could not be accepted any more")

    def arguments(self, prompt_tokens: int, options: Any) -> dict[str, Any]:
        """Of `ctranslate2.models.Whisper.generate`; those that faster-whisper gives."""
        if self.search.samples:
            search = {
                "beam_size": 1,
                "num_hypotheses": self.search.width,
                "sampling_topk": 0,
                "sampling_temperature": self.temperature,
            }
        else:
            search = {"beam_size": self.search.width, "patience": self.patience}
        return {
            "length_penalty": options.length_penalty,
            "repetition_penalty": options.repetition_penalty,
            "no_repeat_ngram_size": options.no_repeat_ngram_size,
            "max_length": max_length(self.tokens, prompt_tokens),
            "return_scores": True,
            "return_no_speech_prob": True,
            "suppress_blank": options.suppress_blank,
            "suppress_tokens": options.suppress_tokens,
            "max_initial_timestamp_index": round(options.max_initial_timestamp / TIME_S),
            **search,
        }


class Circumstances(Struct, frozen=True):
    """What an answer is weighed by, apart from the options."""

    context_s: float
    """What the encoder saw."""
    fit: bool
    """It is less than the window."""
    stop_loops: bool


def weigh(
    attempt: Attempt, result: Any, tokenizer: Any, options: Any, around: Circumstances
) -> Hypothesis:
    """The text of an attempt with all that it is judged by."""
    tokens = result.sequences_ids[0]
    text = tokenizer.decode(tokens).strip()
    avg_logprob = mean_logprob(result.scores[0], len(tokens), options.length_penalty)
    compression_ratio = get_compression_ratio(text)
    verdict = judge(avg_logprob, compression_ratio, result.no_speech_prob, options)
    loop = find_loop(tokens, tokenizer.timestamp_begin) if around.stop_loops else None
    at_best = avg_logprob * (len(tokens) + 1) / (attempt.limit.tokens + 1)
    is_lost = bool(verdict.repetitive and loop) or is_above(options.log_prob_threshold, at_best)
    is_cut = len(tokens) >= attempt.tokens
    unfinished = attempt.look is not None and is_cut and not is_lost
    latest = tokenizer.timestamp_begin + round(around.context_s / TIME_S)
    return Hypothesis(
        result=result,
        text=text,
        temperature=attempt.temperature,
        tokens=len(tokens),
        steps=max(len(sequence) for sequence in result.sequences_ids),
        avg_logprob=avg_logprob,
        compression_ratio=compression_ratio,
        verdict=verdict,
        cut_by=attempt.cut_by if is_cut else None,
        loop=loop,
        unfinished=unfinished,
        ended_early=attempt.look is not None and is_cut and is_lost,
        doubt=_doubt(verdict, text, tokens, loop, latest) if around.fit else "",
    )


def _doubt(
    verdict: Verdict, text: str, tokens: Sequence[int], loop: Loop | None, latest: int
) -> str:
    if loop:
        return "it loops"
    if max(tokens, default=0) > latest:
        return "it has times beyond the audio"
    if not verdict.accepted or (verdict.silent and text):
        return verdict.reason
    return ""
