"""The parts of the self-test model's recipe that need neither torch nor synthesizers."""

from __future__ import annotations

import functools
import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selftest_model import grammar, plan, scoring, tokenizer
from tokenizers import Tokenizer

MODEL = Path(__file__).parents[2] / "sidecar" / "assets" / "selftest"
NUMBERS = st.integers(0, 9999)
SEEDS = st.integers(0, 2**32)
LANGUAGES = st.sampled_from(["en", "zh"])


@functools.cache
def encoder() -> Tokenizer:
    return Tokenizer.from_str(json.dumps(tokenizer.tokenizer_json()))


def test_numbers_have_one_spelling_each() -> None:
    for spell in (grammar.spell_english, grammar.spell_mandarin):
        assert len({spell(number) for number in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    ("number", "english", "mandarin"),
    [
        (0, "zero", "零"),
        (10, "ten", "十"),
        (19, "nineteen", "十九"),
        (20, "twenty", "二十"),
        (105, "one hundred five", "一百零五"),
        (110, "one hundred ten", "一百一十"),
        (1001, "one thousand one", "一千零一"),
        (1012, "one thousand twelve", "一千零一十二"),
        (9999, "nine thousand nine hundred ninety nine", "九千九百九十九"),
    ],
)
def test_numbers_are_spelled_as_they_are_said(number: int, english: str, mandarin: str) -> None:
    assert grammar.spell_english(number) == english
    assert grammar.spell_mandarin(number) == mandarin


@given(NUMBERS)
def test_spelled_numbers_use_the_vocabulary_and_no_digits(number: int) -> None:
    words, characters = grammar.vocabulary()
    assert set(grammar.spell_english(number).split()) <= set(words)
    assert set(grammar.spell_mandarin(number)) <= set(characters)


@settings(deadline=None)
@given(SEEDS, LANGUAGES, st.booleans())
def test_drawn_sentences_keep_to_their_side_of_the_split(
    seed: int, language: str, held_out: bool
) -> None:
    sentence = grammar.draw(random.Random(seed), language, held_out)
    assert sentence.language == language
    assert grammar.is_held_out(sentence.text) == held_out
    assert not (held_out and grammar.is_fixed(sentence.text))
    assert not re.search(r"[0-9A-Z]", sentence.text + sentence.english)


def test_the_split_is_the_one_that_the_shipped_model_was_trained_by() -> None:
    rng = random.Random(1)
    sentences = [make(rng) for make in (grammar.english, grammar.mandarin) for _ in range(2000)]
    held_out = sorted({s.text for s in sentences if grammar.is_held_out(s.text)})
    assert 0.08 < sum(grammar.is_held_out(s.text) for s in sentences) / len(sentences) < 0.14
    assert grammar.is_held_out("open the office window.")
    assert not grammar.is_held_out("turn on the living room light.")
    assert held_out


@settings(deadline=None)
@given(SEEDS, LANGUAGES)
def test_sentences_survive_the_tokenizer_without_byte_fallback(seed: int, language: str) -> None:
    sentence = grammar.draw(random.Random(seed), language, held_out=False)
    text = f" {sentence.text}" if language == "en" else sentence.text
    encoding = encoder().encode(text, add_special_tokens=False)
    assert encoder().decode(encoding.ids) == text
    pieces = len(scoring.units(text, language)) + 1
    assert len(encoding.ids) == pieces


def test_any_other_text_falls_back_to_bytes() -> None:
    text = " Unknown café ♩"
    assert encoder().decode(encoder().encode(text, add_special_tokens=False).ids) == text


def test_ids_follow_the_order_of_the_vocabulary() -> None:
    vocabulary = tokenizer.vocabulary()
    assert [encoder().token_to_id(token) for token in vocabulary] == list(range(len(vocabulary)))


def test_the_empty_string_stands_just_before_the_end_of_text() -> None:
    vocabulary = tokenizer.vocabulary()
    assert vocabulary[vocabulary.index("<|endoftext|>") - 1] == ""


def test_the_shipped_model_has_this_vocabulary_and_tokenizer() -> None:
    assert json.loads((MODEL / "vocabulary.json").read_text("utf-8")) == tokenizer.vocabulary()
    shipped = json.loads((MODEL / "tokenizer.json").read_text("utf-8"))
    assert shipped == tokenizer.tokenizer_json()


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_edit_distance_is_a_distance(first: list[str], second: list[str]) -> None:
    distance = scoring.edit_distance(first, second)
    assert distance == scoring.edit_distance(second, first)
    assert abs(len(first) - len(second)) <= distance <= max(len(first), len(second))
    assert (distance == 0) == (first == second)


def test_errors_are_counted_in_words_and_in_characters() -> None:
    english, mandarin = scoring.ErrorRate(), scoring.ErrorRate()
    assert english.add("turn on the light.", "Turn on, the lamp", "en") == 1
    assert mandarin.add("打开客厅的灯。", "打开客厅灯", "zh") == 1
    assert english.percent == 25
    assert mandarin.percent == pytest.approx(100 / 6)


@given(st.floats(0, 1), st.integers(0, 10_000))
def test_the_learning_rate_warms_up_and_ends_at_a_hundredth(progress: float, step: int) -> None:
    schedule = plan.Plan(plan.FROM_SCRATCH, minutes=10, rate=1e-3)
    assert 0 < schedule.rate_at(progress, step) <= 1e-3
    assert schedule.rate_at(1, plan.WARM_UP_STEPS) == pytest.approx(1e-5)
    assert schedule.stage(1) == plan.FROM_SCRATCH[-1]
    assert sum(stage.share for stage in plan.FROM_SCRATCH) == pytest.approx(1)
