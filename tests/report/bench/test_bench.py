"""A benchmark's figures, its comparison with another, and how both are shown."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sidecar.report.bench import plots, report
from sidecar.report.bench.baseline import compared, differences
from sidecar.report.bench.errors import error_rates, normalised
from sidecar.report.bench.result import BenchResult
from sidecar.report.bench.summary import fallbacks, latency_s, percentile, real_time_factor
from tests.report.bench.results import MACHINE, measured, result, row


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) * (1 - 1e-9)
    assert sum(value < found for value in values) < share * len(values) + 1e-6


def test_the_figures_of_a_row_are_medians_over_its_runs() -> None:
    three = row(1.0, 2.0, 9.0)
    assert (latency_s(three), latency_s(three, 0.95)) == (2.0, 9.0)
    assert real_time_factor(three) == 0.2
    twice = structs.replace(three, runs=[measured(1.0, fallbacks=5), measured(1.0)])
    assert fallbacks(twice) == 2.5


def test_a_row_of_failures_has_no_figures_and_is_shown() -> None:
    failed = row(failures=("timeout", "timeout", "audio_invalid"))
    assert latency_s(failed) is real_time_factor(failed) is fallbacks(failed) is None
    assert "2 timeout, 1 audio_invalid" in report.text(result([failed]))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (row(1.0, 1.01, 1.02), row(1.5, 1.51, 1.52), "worse"),
        (row(1.5, 1.51, 1.52), row(1.0, 1.01, 1.02), "better"),
        (row(1.0, 1.01, 1.02), row(1.05, 1.06, 1.07), "same"),
        (row(1.0, 1.1, 2.0), row(0.9, 1.5, 1.6), "same"),
        (row(1.0), row(1.0, failures=("timeout",)), "worse"),
        (row(1.0, word_error_rate=0.1), row(1.0, word_error_rate=0.2), "worse"),
        (row(1.0, word_error_rate=0.2), row(1.0, word_error_rate=0.1), "better"),
        (row(1.0, character_error_rate=0.1), row(1.0, character_error_rate=0.2), "worse"),
    ],
    ids=str,
)
def test_a_change_is_one_of_the_median_beyond_the_noise_or_of_the_errors(
    before: object, after: object, change: str
) -> None:
    (found,) = compared(result([after]), result([before]))  # type: ignore[list-item]
    assert found.change == change


def test_rows_are_compared_with_those_of_the_same_setup() -> None:
    new, old = result([row(1.0, beam_size=1), row(1.0)]), result([row(1.0)])
    assert [each.row.setup.beam_size for each in compared(new, old)] == [5]


def test_what_else_changed_is_told() -> None:
    new = result([row(1.0)], settings={"vad": "silero"})
    old = result([row(1.0)], machine=structs.replace(MACHINE, processor="another"))
    assert differences(new, old) == [
        "another machine: another, Linux",
        "setting vad: default before",
    ]


def test_a_result_is_read_as_it_was_written() -> None:
    written = result([row(1.0, threads=2)], interrupted=True)
    assert msgspec.json.decode(msgspec.json.encode(written), type=BenchResult).interrupted
    read = msgspec.json.decode(msgspec.json.encode(written), type=BenchResult)
    assert report.text(read) == report.text(written)


def test_the_page_has_a_curve_where_threads_were_varied() -> None:
    rows = [row(2.0, threads=1), row(1.2, threads=2)]
    assert "<polyline" in report.html(result(rows)).decode()
    assert "<polyline" not in report.html(result(rows[:1])).decode()
    hostile = structs.replace(rows[0], file="<script>")
    assert "<script>" not in report.html(result([hostile]), result(rows)).decode()


def test_runs_that_all_failed_are_no_picture() -> None:
    assert plots.latency_strip([row()], ["a"]) == ""


def test_case_punctuation_and_the_form_of_letters_do_not_count() -> None:
    assert normalised("  Good\u00a0MORNING,\n“Cafe\u0301”! 5 €") == "good morning café 5"
    assert error_rates("Good morning!", ["good, morning"], "en").words == 0.0


def test_the_rates_are_of_all_runs_together() -> None:
    rates = error_rates("a b c d", ["a b c d", "a x c"], "en")
    assert rates.words == pytest.approx(2 / 8)


def test_only_characters_count_in_languages_without_spaces() -> None:
    rates = error_rates("打开 客厅的灯", ["打开客厅的门"], "zh")
    assert rates.words is None
    assert rates.characters == pytest.approx(1 / 6)


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_texts_can_be_compared(reference: str, heard: str) -> None:
    rates = error_rates(reference, [heard], "en")
    assert (rates.words is None) == (normalised(reference) == "")
    if normalised(reference) == normalised(heard) != "":
        assert (rates.words, rates.characters) == (0.0, 0.0)
