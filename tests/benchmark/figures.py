"""What the benchmark reports: figures, each with its goal."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured value, and what it must not exceed (or, with `at_least`, fall short of)."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None: it has none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = ["| figure | measured | goal | |", "|---|---|---|---|"]
    for figure in figures:
        sign = ">=" if figure.at_least else "<="
        goal = "" if figure.goal is None else f"{sign} {figure.goal:g} {figure.unit}"
        mark = {None: "", True: "met", False: "**missed**"}[figure.met]
        rows.append(f"| {figure.name} | {figure.value:.4g} {figure.unit} | {goal} | {mark} |")
    return "\n".join(rows)
