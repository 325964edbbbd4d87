"""Texts that end in a loop: finding the repetition, and cutting it off. Pure.

A language model that has repeated itself grows ever surer of repeating itself again (Holtzman et
al., "The Curious Case of Neural Text Degeneration", ICLR 2020), so that a loop ends with the
tokens and not with the speech. Whisper suspects one by how well the text compresses; here it is
shown.
"""

from collections.abc import Sequence

from msgspec import Struct

_MIN_TIMES = 3
"""What occurs less often in a row is no loop."""
_MIN_REPEATED_TOKENS = 16
"""Tokens that say nothing new; fewer may well be meant."""


class Loop(Struct, frozen=True):
    """The end of a text that is one piece over and over; the last one may be incomplete."""

    kept_tokens: int
    """Up to the end of the first piece, timestamps included."""
    period: int
    """Tokens of the piece, without timestamps."""


def find_loop(tokens: Sequence[int], times_from: int) -> Loop | None:
    """The longest loop that `tokens` end in.

    Tokens from `times_from` on are timestamps, which differ from one repetition to the next: they
    are looked past. The period of the last n tokens, for every n, comes from the failure function
    of Knuth, Morris and Pratt (SIAM Journal on Computing 6, 1977) on the reversed text.
    """
    places = [place for place, token in enumerate(tokens) if token < times_from]
    borders = _borders([tokens[place] for place in reversed(places)])
    for length in range(len(borders), 0, -1):
        repeated = borders[length - 1]
        period = length - repeated
        if repeated >= _MIN_REPEATED_TOKENS and length >= _MIN_TIMES * period:
            return Loop(places[len(places) - repeated - 1] + 1, period)
    return None


def _borders(tokens: Sequence[int]) -> list[int]:
    """For each prefix, the length of the longest other prefix that it ends in."""
    borders = [0] * len(tokens)
    border = 0
    for place in range(1, len(tokens)):
        while border and tokens[place] != tokens[border]:
            border = borders[border - 1]
        if tokens[place] == tokens[border]:
            border += 1
        borders[place] = border
    return borders


def without_loop(
    tokens: Sequence[int], loop: Loop, times_from: int, end_time: int
) -> tuple[int, ...]:
    """The text with the piece once, up to the next timestamp there was, or to `end_time`.

    As that is a single timestamp, faster-whisper takes no part of the window for still undecoded.
    A text that begins only after `end_time` gets no time, and faster-whisper leaves it out.
    """
    kept = tokens[: loop.kept_tokens]
    later = (token for token in tokens[loop.kept_tokens :] if token >= times_from)
    return (*kept, next(later, max(end_time, *kept)))
