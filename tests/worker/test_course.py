"""Which attempt follows which, and which is kept."""

from msgspec import structs

from sidecar.worker.course import Trial, best, following
from sidecar.worker.hypothesis import Hypothesis, Verdict

ACCEPTED = Verdict(True, False, False, "accepted")
REJECTED = Verdict(False, False, False, "avg_logprob -2 < -1")
FULL = Trial(0, fit=False, look=True)
FIT = Trial(0, fit=True, look=True)


def tried(verdict: Verdict = ACCEPTED, *, logprob: float = -0.5, **changes: object) -> Hypothesis:
    plain = Hypothesis(
        result=None,
        text="a",
        temperature=0.0,
        tokens=9,
        steps=9,
        avg_logprob=logprob,
        compression_ratio=1.0,
        verdict=verdict,
        cut_by=None,
        loop=None,
        unfinished=False,
        doubt="",
        ended_early=False,
    )
    return structs.replace(plain, **changes)


def test_nothing_follows_an_accepted_attempt_or_the_last_one() -> None:
    assert following(FULL, tried(), 6) is None
    assert following(structs.replace(FULL, rung=5), tried(REJECTED), 6) is None


def test_the_next_temperature_follows_a_rejected_attempt() -> None:
    assert following(FULL, tried(REJECTED), 6) == Trial(1, fit=False, look=True)


def test_the_whole_attempt_follows_a_look_that_decided_nothing() -> None:
    undecided = tried(REJECTED, unfinished=True)
    assert following(FULL, undecided, 1) == Trial(0, fit=False, look=False)


def test_the_full_window_follows_once_where_a_part_of_it_led_to_doubt() -> None:
    again = following(FIT, tried(doubt="it loops"), 6)
    assert again == FULL
    assert following(again, tried(REJECTED), 6) == Trial(1, fit=False, look=True)
    assert following(FIT, tried(), 6) is None


def test_of_rejected_attempts_the_most_probable_is_kept() -> None:
    trials = [FULL, Trial(1, fit=False, look=True)]
    attempts = [tried(REJECTED, logprob=-1.5), tried(REJECTED, logprob=-1.2)]
    assert best(trials, attempts) is attempts[1]


def test_what_a_part_of_the_window_led_to_gives_way_to_the_full_window() -> None:
    attempts = [tried(doubt="it loops"), tried(REJECTED, logprob=-3.0)]
    assert best([FIT, FULL], attempts) is attempts[1]


def test_an_unfinished_look_is_kept_only_where_nothing_could_follow_it() -> None:
    look, rest = tried(REJECTED, logprob=-1.1, unfinished=True), tried(REJECTED, logprob=-2.0)
    assert best([FULL, FULL], [look, rest]) is rest
    assert best([FULL], [look]) is look
