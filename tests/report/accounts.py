"""Accounts of jobs, made up."""

from collections.abc import Sequence

from msgspec import structs

from sidecar.core.result import Attempt, ModelInfo, Segment, Window
from sidecar.core.timing import Phase, PhaseSpan, Timings
from sidecar.report.account import Account, Circumstances, Ending

CALM = Timings(
    pipe_s=0.01,
    decode_s=0.01,
    features_s=0.1,
    language_s=0.02,
    encode_s=0.4,
    generate_s=0.4,
    text_s=0.05,
    segments_s=0.45,
    other_s=0.01,
    total_s=1.0,
)
"""One second of which nothing needs a word; the encoding was for the language."""
NOTHING_SPECIAL = Circumstances("a.wav")
SPEECH = Segment(0, 0.0, 11.0, " good morning", -0.1, 1.0, 0.0, 0.0)


def attempt(
    verdict: str = "accepted",
    *,
    at_s: float = 0.55,
    generate_s: float = 0.4,
    temperature: float = 0.0,
    beam_size: int = 5,
    avg_logprob: float = -0.2,
    context_s: float = 30.0,
) -> Attempt:
    return Attempt(
        at_s=at_s,
        temperature=temperature,
        beam_size=beam_size,
        context_s=context_s,
        tokens=40,
        max_tokens=224,
        generate_s=generate_s,
        avg_logprob=avg_logprob,
        compression_ratio=1.3,
        verdict=verdict,
    )


def looping(number: int = 0, generate_s: float = 0.4) -> Attempt:
    return attempt(
        f"compression_ratio {3.1 + number:g} > 2.4",
        at_s=0.55 + number * generate_s,
        generate_s=generate_s,
        temperature=0.2 * number,
    )


def window(*attempts: Attempt, start_s: float = 0.0, end_s: float = 11.0) -> Window:
    return Window(start_s, end_s, 0.1, 0.4, True, 0.0, attempts)


def account(
    *windows: Window,
    duration_s: float = 11.0,
    timings: Timings = CALM,
    circumstances: Circumstances = NOTHING_SPECIAL,
    model: ModelInfo | None = None,
    spans: Sequence[PhaseSpan] = (),
    speech_s: float | None = None,
    degraded: bool = False,
    ending: Ending | None = None,
    job_index: int = 2,
) -> Account:
    return Account(
        circumstances=circumstances,
        duration_s=duration_s,
        speech_s=speech_s,
        timings=timings,
        windows=windows or (window(attempt()),),
        spans=spans,
        segments=[SPEECH],
        language="en",
        language_detected=True,
        degraded=degraded,
        model=model or ModelInfo("selftest", "/m", "cpu", "int8"),
        worker_pid=2,
        job_index=job_index,
        ending=ending,
    )


def spent(**more: float) -> Timings:
    """The calm second, but for these; the total grows with them."""
    extra_s = sum(seconds - getattr(CALM, name) for name, seconds in more.items())
    return structs.replace(CALM, total_s=CALM.total_s + extra_s, **more)


def timed_out(phase: Phase = Phase.GENERATE) -> Ending:
    return Ending("timeout", "the total budget of 2 s ran out", phase, 3.0, True, ())
