"""Tables and numbers as text."""

import pytest

from sidecar.report.table import Column, Table
from sidecar.report.words import seconds


def test_numbers_are_aligned_right_and_text_left() -> None:
    table = Table("t", [Column("name", "text"), Column("n")], [["a", "1"], ["bcdef", "10"]], "note")
    assert table.lines() == ["t", "name    n", "a       1", "bcdef  10", "note"]


def test_columns_in_which_nothing_is_are_left_out() -> None:
    table = Table("", [Column("a"), Column("b"), Column("c")], [["1", "", ""], ["2", "", "x"]])
    assert table.without_empty_columns().lines() == ["a  c", "1", "2  x"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0 ms"),
        (0.0099, "9.9 ms"),
        (0.00999, "10 ms"),
        (0.9994, "999 ms"),
        (0.9999, "1.0 s"),
        (99.96, "100 s"),
    ],
)
def test_a_time_is_said_in_the_unit_that_its_rounded_value_belongs_to(
    value: float, text: str
) -> None:
    assert seconds(value) == text
