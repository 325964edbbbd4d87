"""Accounts of made-up jobs."""

from msgspec import structs

from sidecar.core.result import Attempt, ModelInfo, Segment, Window
from sidecar.core.timing import Phase, PhaseSpan, Timings
from sidecar.report.account import Account, Circumstances, Ending

LOOPED = "compression_ratio 3.1 > 2.4"


def attempt(at_s: float, took_s: float, verdict: str = "accepted", **more: float) -> Attempt:
    """One at temperature 0 with the full window."""
    made = Attempt(at_s, 0.0, 5, 30.0, 40, 224, took_s, -0.3, 1.4, verdict)
    return structs.replace(made, **more)


def account(**changes: object) -> Account:
    """11.2 s of audio in 4 s, without anything remarkable."""
    plain = Account(
        circumstances=Circumstances("talk.wav", 11.2, physical_cores=2),
        duration_s=11.2,
        speech_s=None,
        timings=Timings(
            pipe_s=0.01,
            decode_s=0.01,
            features_s=0.03,
            encode_s=0.8,
            generate_s=1.1,
            text_s=0.05,
            segments_s=1.15,
            total_s=2.0,
        ),
        windows=(Window(0.0, 11.2, 0.1, 0.8, True, 0.0, (attempt(0.9, 1.1),)),),
        spans=(PhaseSpan(Phase.ENCODE, 0.1, 0.8), PhaseSpan(Phase.SEGMENTS, 0.9, 1.1)),
        segments=(Segment(0, 0.0, 2.0, " so <it> is & was", -0.3, 1.4, 0.0, 0.0),),
        language="en",
        language_detected=True,
        model=ModelInfo("base", "/models/base", "cpu", "int8"),
        job_index=2,
    )
    return structs.replace(plain, **changes)


def looping() -> Account:
    """Five rejected attempts at the second window."""
    rejected = [attempt(1.5 + n, 1.0, LOOPED, temperature=0.2 * n) for n in range(4)]
    windows = (
        Window(0.0, 30.0, 0.1, 0.4, False, 0.0, (attempt(0.5, 0.5),)),
        Window(30.0, 41.2, 1.0, 0.5, False, 0.0, (*rejected, attempt(5.5, 0.5, temperature=0.8))),
    )
    timings = Timings(encode_s=0.9, generate_s=5.0, segments_s=5.5, total_s=6.3)
    return account(windows=windows, timings=timings, duration_s=41.2)


def timed_out() -> Account:
    """Ended within an attempt."""
    ending = Ending(
        "timeout", "the total budget of 4 s ran out", "generate", 0.0, True, ("a.py:1 f",)
    )
    timings = Timings(encode_s=0.5, generate_s=3.4, segments_s=3.5, total_s=4.0)
    window = Window(0.0, 11.2, 0.1, 0.5, True, 0.0, (attempt(0.6, 1.0, LOOPED),))
    running = PhaseSpan(Phase.GENERATE, 1.6, 2.4)
    return account(ending=ending, timings=timings, windows=(window,), spans=(running,), model=None)
