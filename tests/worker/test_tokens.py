"""Limits on the tokens of a window."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.worker.tokens import first_look, max_length, spoken_tokens, token_limit


@given(prompt=st.integers(1, 447), wanted=st.integers(1, 224))
def test_ctranslate2_is_asked_for_exactly_the_tokens_wanted(prompt: int, wanted: int) -> None:
    asked = max_length(wanted, prompt)
    given_by_ctranslate2 = min(asked // 2, asked - prompt)
    assert given_by_ctranslate2 == min(wanted, 448 - prompt)
    assert asked <= 448


def test_the_lowest_limit_holds_and_is_named() -> None:
    assert token_limit(3, None, None).tokens == 224
    assert token_limit(300, None, None).tokens == 148
    assert token_limit(3, 100, None).reason == "max_new_tokens"
    assert token_limit(3, 100, 1.0).reason == "more than 1.0 s of speech need"
    assert token_limit(3, 100, 30.0).tokens == 100


def test_a_prompt_that_fills_the_model_still_leaves_a_token_to_ask_for() -> None:
    assert token_limit(460, None, 30.0).tokens == 1


def test_the_fastest_chinese_speech_in_byte_tokens_is_within_the_bound() -> None:
    assert spoken_tokens(3.0) >= 9.1 * 3 * 3.0


def test_the_first_look_is_when_speech_would_be_over() -> None:
    assert first_look(2.0, 8.0, 92) == 34
    assert first_look(2.0, 30.0, 92) == 45
    assert first_look(30.0, 120.0, 224) is None


def test_the_look_comes_sooner_when_the_attempt_before_was_soon_lost() -> None:
    assert first_look(11.0, 44.0, 224) == 79
    assert first_look(11.0, 44.0, 224, lost_after=30.0) == 45
    assert first_look(11.0, 44.0, 224, lost_after=200.0) == 79
    assert first_look(11.0, 44.0, 224, lost_after=-1.0) == 24
    assert first_look(30.0, 120.0, 224, lost_after=30.0) == 45
