"""Loops in texts: planted ones are found and cut, natural texts are let be."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sidecar.worker.loops import find_loop, without_loop

TIMES = 1000
words = st.integers(0, 998)
different_words = st.lists(words, max_size=120, unique=True)
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


@given(lead=different_words, piece=st.lists(words, min_size=1, max_size=30), data=st.data())
def test_a_planted_loop_is_found_and_its_piece_is_kept_once(
    lead: list[int], piece: list[int], data: st.DataObject
) -> None:
    times = data.draw(st.integers(3 + 16 // len(piece), 40))
    rest = data.draw(st.integers(0, len(piece) - 1))
    text = lead + times * piece + piece[:rest]
    loop = find_loop(text, TIMES)
    assert loop is not None
    assert len(piece) % loop.period == 0
    kept = text[: loop.kept_tokens]
    assert len(kept) <= len(lead) + len(piece)
    assert kept == text[: len(kept)]
    assert set(text) == set(kept)


@given(lead=different_words, piece=st.lists(words, min_size=1, max_size=10), step=st.integers(1, 9))
def test_times_between_the_pieces_do_not_hide_a_loop(
    lead: list[int], piece: list[int], step: int
) -> None:
    times = 17
    text = [TIMES, *lead]
    for number in range(times):
        text += [*piece, TIMES + number * step, TIMES + number * step]
    loop = find_loop(text, TIMES)
    assert loop is not None
    assert len(piece) % loop.period == 0
    assert loop.kept_tokens <= 1 + len(lead) + len(piece)


@given(different_words)
def test_words_that_differ_are_no_loop(text: list[int]) -> None:
    assert find_loop(text, TIMES) is None


@given(lead=different_words, piece=st.lists(words, min_size=9, max_size=30, unique=True))
def test_what_is_said_twice_is_no_loop(lead: list[int], piece: list[int]) -> None:
    assert find_loop([*lead, 999, *piece, *piece], TIMES) is None


def test_a_word_said_a_few_times_is_no_loop() -> None:
    assert find_loop([1, 2, *[3] * 16], TIMES) is None
    assert find_loop([1, 2, *[3] * 17], TIMES) is not None


def test_no_paragraph_of_the_readme_ends_in_a_loop() -> None:
    paragraphs = README.split("\n\n")
    assert len(paragraphs) > 20
    for paragraph in paragraphs:
        assert find_loop([ord(letter) for letter in paragraph], 0x110000) is None or (
            set(paragraph[-17:]) <= set("- |")
        )


def test_the_piece_ends_at_the_next_time_there_was() -> None:
    text = [TIMES, 1, 2, TIMES + 50, TIMES + 60, *[3, 4, TIMES + 70, TIMES + 70] * 12]
    loop = find_loop(text, TIMES)
    assert loop is not None
    kept = (TIMES, 1, 2, TIMES + 50, TIMES + 60, 3, 4, TIMES + 70)
    assert without_loop(text, loop, TIMES, TIMES + 550) == kept


@given(
    lead=different_words,
    times=st.lists(st.integers(0, 1500), max_size=4).map(sorted),
    end=st.integers(0, 1500),
)
def test_no_text_ends_before_it_begins(lead: list[int], times: list[int], end: int) -> None:
    timed = [token for time in times for token in (*lead, TIMES + time)]
    text = [*timed, *[3, 4] * 12]
    loop = find_loop(text, TIMES)
    assert loop is not None
    kept = [token for token in without_loop(text, loop, TIMES, TIMES + end) if token >= TIMES]
    assert kept == sorted(kept)


def test_the_piece_ends_with_the_audio_when_no_time_follows() -> None:
    text = [TIMES, 1, 2, *[3, 4] * 12]
    loop = find_loop(text, TIMES)
    assert loop is not None
    assert without_loop(text, loop, TIMES, TIMES + 550) == (TIMES, 1, 2, 3, 4, TIMES + 550)
