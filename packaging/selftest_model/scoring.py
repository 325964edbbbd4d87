"""Error rates and time errors of transcripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


def units(text: str, language: str) -> list[str]:
    """What is counted: the words of English, the characters of anything else; no punctuation."""
    bare = re.sub(r"[^\w ]", "", text.lower())
    return bare.split() if language == "en" else list(bare.replace(" ", ""))


def edit_distance(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Insertions, deletions and substitutions that turn one into the other (Levenshtein)."""
    row = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, heard in enumerate(hypothesis, 1):
            substituted = diagonal + (expected != heard)
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, substituted)
    return row[-1]


@dataclass
class ErrorRate:
    """Errors over units, summed over many transcripts (word or character error rate)."""

    errors: int = 0
    units: int = 0

    def add(self, reference: str, hypothesis: str, language: str) -> int:
        """Count one transcript; returns its errors."""
        expected = units(reference, language)
        errors = edit_distance(expected, units(hypothesis, language))
        self.errors += errors
        self.units += len(expected)
        return errors

    @property
    def percent(self) -> float:
        """The rate so far, in percent."""
        return 100 * self.errors / max(1, self.units)
