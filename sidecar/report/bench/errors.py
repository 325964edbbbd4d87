"""How far a transcript is from its reference."""

import unicodedata
from collections.abc import Sequence

from msgspec import Struct

UNSPACED = frozenset(("zh", "yue", "ja", "th", "lo", "my", "km", "bo"))
"""Languages that are written without spaces between words: only their characters are counted."""


class ErrorRates(Struct, frozen=True):
    """Substitutions, deletions and insertions for each word, or character, of the reference."""

    words: float | None
    characters: float | None


def normalised(text: str) -> str:
    """What is compared: no case, punctuation or symbols, one form of each letter, single spaces.

    Unicode's NFKC and case folding; numbers are left as they are written.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (" " if unicodedata.category(letter)[0] in "PSZ" else letter for letter in folded)
    return " ".join("".join(kept).split())


def error_rates(reference: str, heard: Sequence[str], language: str | None) -> ErrorRates:
    """The rates over all of `heard`, by jiwer. None where the reference has nothing to count."""
    wanted = normalised(reference)
    if not wanted or not heard:
        return ErrorRates(None, None)
    import jiwer

    said = [normalised(text) for text in heard]
    closed = [text.replace(" ", "") for text in (wanted, *said)]
    characters = jiwer.cer([closed[0]] * len(said), closed[1:])
    if language in UNSPACED:
        return ErrorRates(None, float(characters))
    return ErrorRates(float(jiwer.wer([wanted] * len(said), said)), float(characters))
