"""Which attempt at a window follows which, and which one is kept. Pure."""

from collections.abc import Sequence

from msgspec import Struct, structs

from sidecar.worker.hypothesis import Hypothesis, most_probable


class Trial(Struct, frozen=True):
    """An attempt at a window, before it is made."""

    rung: int
    """Which of the temperatures."""
    fit: bool
    """The encoder saw the audio and a margin only."""
    look: bool
    """A first look may do."""


def following(trial: Trial, tried: Hypothesis, rungs: int) -> Trial | None:
    """What to do after an attempt; None: nothing, it was accepted, or was the last.

    A look that decided nothing is followed by the whole. What an encoder that saw less than the
    window led to is repeated once with all of it, when there is doubt, and from then on the
    window is a full one. The rest is Whisper's `decode_with_fallback`.
    """
    if tried.unfinished:
        return structs.replace(trial, look=False)
    if trial.fit and tried.doubt:
        return structs.replace(trial, fit=False)
    if tried.verdict.accepted or trial.rung + 1 == rungs:
        return None
    return structs.replace(trial, rung=trial.rung + 1)


def best(trials: Sequence[Trial], tried: Sequence[Hypothesis]) -> Hypothesis:
    """The one to keep: the accepted one, or of those with the last context the most probable."""
    last = tried[-1]
    if last.verdict.accepted and not last.unfinished:
        return last
    return most_probable(
        [
            hypothesis
            for trial, hypothesis in zip(trials, tried, strict=True)
            if trial.fit == trials[-1].fit and (hypothesis is last or not hypothesis.unfinished)
        ]
    )
