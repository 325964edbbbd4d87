"""The ladder, with fabricated costs."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.worker.ladder import Costs, Go, Prospect, Search, Stop, next_step, still_to_decode
from sidecar.worker.tokens import Limit

FULL = Limit(224, "the model's limit")


def costs(token_s: float = 0.01, *, width: int = 5, density: float = 4.0) -> Costs:
    """Each token took `token_s` at this width, and a second of audio held `density` of them."""
    measured = Costs()
    measured.add_attempt(Search(width), tokens=92, seconds=100 * token_s)
    measured.add_text(tokens=int(30 * density), audio_s=30.0)
    measured.add_encoding(context_s=30.0, seconds=0.5)
    measured.add_alignment(0.2)
    return measured


def prospect(
    remaining_s: float,
    *,
    audio_s: float = 10.0,
    later_windows: int = 0,
    width: int = 5,
    last_tokens: int | None = None,
    aligns: bool = False,
) -> Prospect:
    return Prospect(
        remaining_s=remaining_s,
        audio_s=audio_s,
        later_audio_s=30.0 * later_windows,
        later_windows=later_windows,
        later_context_s=30.0 * later_windows,
        search=Search(width, samples=False),
        limit=FULL,
        last_tokens=last_tokens,
        aligns=aligns,
    )


def test_with_time_enough_the_attempt_is_the_one_asked_for() -> None:
    assert next_step(prospect(60.0), costs()) == Go(Search(5), FULL)


def test_before_anything_was_measured_the_attempt_is_the_one_asked_for() -> None:
    assert next_step(prospect(0.001), Costs()) == Go(Search(5), FULL)


def test_a_first_attempt_that_has_time_for_its_text_alone_is_capped_at_the_time_left() -> None:
    step = next_step(prospect(1.0), costs())
    assert isinstance(step, Go)
    assert (step.search.width, step.limit.tokens, step.limit.is_time) == (5, 80, True)
    assert not step.narrowed


def test_a_first_attempt_without_time_for_its_text_is_made_with_a_beam_of_one() -> None:
    step = next_step(prospect(0.5), costs())
    assert isinstance(step, Go)
    assert step.search.width == 1
    assert step.narrowed == "0.5 s left, an attempt costs 0.6 s"


def test_a_first_attempt_is_made_even_when_the_time_is_over_and_its_text_is_not_cut() -> None:
    step = next_step(prospect(-1.0), costs())
    assert isinstance(step, Go)
    assert step.limit.tokens == 60


def test_a_greedy_first_attempt_cannot_be_narrowed_and_says_nothing_of_it() -> None:
    step = next_step(prospect(-1.0, width=1), costs(width=1))
    assert isinstance(step, Go)
    assert step.narrowed == ""


def test_a_fallback_without_time_for_as_many_tokens_as_before_is_dropped() -> None:
    assert next_step(prospect(2.0, last_tokens=223), costs()) == Stop(
        "2.0 s left, an attempt costs 2.2 s"
    )


def test_a_fallback_with_time_for_as_many_tokens_as_before_is_made() -> None:
    assert next_step(prospect(3.0, last_tokens=223), costs()) == Go(Search(5), FULL)


def test_later_windows_keep_their_share_from_the_fallbacks_of_this_one() -> None:
    alone = next_step(prospect(4.0, last_tokens=150), costs())
    with_others = next_step(prospect(4.0, last_tokens=150, later_windows=2), costs())
    assert isinstance(alone, Go)
    assert isinstance(with_others, Stop)


def test_the_word_alignment_to_come_is_left_its_time() -> None:
    assert isinstance(next_step(prospect(2.9, last_tokens=223), costs()), Go)
    assert isinstance(next_step(prospect(2.9, last_tokens=223, aligns=True), costs()), Stop)


def test_the_cost_of_an_unknown_search_is_inferred_with_caution_from_the_nearest_known() -> None:
    measured = costs(0.01, width=5)
    assert measured.token_s(Search(5)) == 0.01
    assert measured.token_s(Search(10)) == 0.04
    assert measured.token_s(Search(1)) == 0.004
    assert measured.token_s(Search(5, samples=True)) == 0.02
    measured.add_attempt(Search(5, samples=True), tokens=92, seconds=1.5)
    assert measured.token_s(Search(5, samples=True)) == 0.015
    assert measured.token_s(Search(5)) == 0.01
    assert Costs().token_s(Search(5)) is None


def test_an_attempt_that_was_slower_than_the_mean_counts_at_once() -> None:
    measured = costs(0.01)
    measured.add_attempt(Search(5), tokens=92, seconds=4.0)
    assert measured.token_s(Search(5)) == 0.04
    measured.add_attempt(Search(5), tokens=92, seconds=1.0)
    token_s = measured.token_s(Search(5))
    assert token_s is not None
    assert 0.01 < token_s < 0.04


def test_recent_costs_count_more_than_old_ones() -> None:
    measured = costs(0.01)
    for _ in range(10):
        measured.add_attempt(Search(5), tokens=92, seconds=0.5)
    token_s = measured.token_s(Search(5))
    assert token_s is not None
    assert 0.005 < token_s < 0.0052


widths = st.integers(1, 10)
seconds = st.floats(0, 100)


@given(
    token_s=st.floats(0, 1),
    density=st.floats(0, 30),
    width=widths,
    measured_width=widths,
    later_windows=st.integers(0, 20),
    last_tokens=st.none() | st.integers(0, 224),
    audio_s=st.floats(0.01, 30),
    aligns=st.booleans(),
)
def test_a_job_with_ample_time_is_never_degraded(
    token_s: float,
    density: float,
    width: int,
    measured_width: int,
    later_windows: int,
    last_tokens: int | None,
    audio_s: float,
    aligns: bool,
) -> None:
    known = costs(token_s, width=measured_width, density=density)
    dearest_s = max(known.token_s(Search(width)) or 0.0, known.token_s(Search(1)) or 0.0)
    a_window_s = known.encode_s(30.0) + known.align_s + (224 + 1.5 * density * 30) * dearest_s
    ample_s = (later_windows + 1) * a_window_s / 0.8 + 0.001
    step = next_step(
        prospect(
            ample_s,
            audio_s=audio_s,
            later_windows=later_windows,
            width=width,
            last_tokens=last_tokens,
            aligns=aligns,
        ),
        known,
    )
    assert step == Go(Search(width), FULL)


@given(
    remaining_s=st.floats(-10, 100),
    token_s=st.floats(0, 1),
    density=st.floats(0, 30),
    width=widths,
    later_windows=st.integers(0, 20),
    audio_s=st.floats(0.01, 30),
)
def test_a_first_attempt_is_always_made_within_the_limits_asked_for(
    remaining_s: float,
    token_s: float,
    density: float,
    width: int,
    later_windows: int,
    audio_s: float,
) -> None:
    step = next_step(
        prospect(remaining_s, audio_s=audio_s, later_windows=later_windows, width=width),
        costs(token_s, density=density),
    )
    assert isinstance(step, Go)
    assert step.search.width in (1, width)
    assert 1 <= step.limit.tokens <= FULL.tokens
    assert step.limit.is_time == (step.limit.tokens < FULL.tokens)


@given(less_s=seconds, more_s=seconds, last_tokens=st.integers(0, 224))
def test_more_time_never_allows_less(less_s: float, more_s: float, last_tokens: int) -> None:
    less_s, more_s = sorted((less_s, more_s))
    less = next_step(prospect(less_s, last_tokens=last_tokens), costs())
    more = next_step(prospect(more_s, last_tokens=last_tokens), costs())
    if isinstance(less, Go):
        assert isinstance(more, Go)
        assert more.limit.tokens >= less.limit.tokens


def test_windows_to_come_are_those_of_the_clips_after_this_window() -> None:
    assert still_to_decode((0.0,), 30.0, 90.0) == (2, 60.0)
    assert still_to_decode((0.0,), 11.2, 11.2) == (0, 0.0)
    assert still_to_decode((0.0, 10.0, 40.0, 50.0), 10.0, 90.0) == (1, 10.0)
    assert still_to_decode((5.0, 10.0), 10.0, 90.0) == (0, 0.0)
    assert still_to_decode((5.0, 10.0, 60.0), 10.0, 90.0) == (1, 30.0)
    assert still_to_decode((0.0, 200.0), 30.0, 90.0) == (2, 60.0)
