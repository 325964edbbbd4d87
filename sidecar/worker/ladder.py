"""Degrade before failing: which decoding attempt the time left allows. Pure, and clockless."""

from math import ceil

from msgspec import Struct

from sidecar.worker.tokens import Limit

WINDOW_S = 30.0
"""Whisper's window."""
_FRAME_S = 0.01
_HEADROOM = 1.5
"""An attempt is started if it may take this many times the tokens expected of it."""
_USABLE = 0.8
"""Share of the time left that is planned with, because costs are averages."""
_MIN_TOKENS = 32
"""No window is cut to fewer tokens than this for lack of time."""
_MEMORY = 0.7
"""Weight of what was measured before, at each new measurement."""
_START_TOKENS = 8
"""What the prompt and the start of an attempt cost, in tokens."""
_TYPICAL_TOKENS_PER_S = 4.0
"""What is expected of speech before there was any: English has about that many."""
_CAUTION = 2.0
"""Factor on a cost that is only inferred from another search (sampling measured 2x a beam)."""


class _Rate:
    """A ratio of two sums in which older measurements fade."""

    def __init__(self) -> None:
        self._amount = 0.0
        self._count = 0.0
        self._last = 0.0

    def add(self, amount: float, count: float) -> None:
        self._last = amount / count
        self._amount = _MEMORY * self._amount + amount
        self._count = _MEMORY * self._count + count

    @property
    def known(self) -> bool:
        return self._count > 0

    @property
    def value(self) -> float:
        return self._amount / self._count if self._count else 0.0

    @property
    def worst(self) -> float:
        """The mean, or the last measurement if that was worse: a machine may have got busy."""
        return max(self.value, self._last)


class Search(Struct, frozen=True):
    """How hypotheses are decoded side by side: a beam, or samples at a temperature above 0."""

    width: int
    """`beam_size`, or `best_of`."""
    samples: bool = False


class Costs:
    """What decoding has cost so far in this process."""

    def __init__(self) -> None:
        self._token_s: dict[Search, _Rate] = {}
        self._density = _Rate()
        self._encode = _Rate()
        self._align = _Rate()

    def add_attempt(self, search: Search, tokens: int, seconds: float) -> None:
        """Count one attempt, and the tokens of its longest text."""
        self._token_s.setdefault(search, _Rate()).add(seconds, tokens + _START_TOKENS)

    def add_text(self, tokens: int, audio_s: float) -> None:
        """Count the tokens of a text that was accepted, and the audio it was in."""
        self._density.add(tokens, audio_s)

    def add_encoding(self, context_s: float, seconds: float) -> None:
        """Count one encoder pass over so much context."""
        self._encode.add(seconds, context_s)

    def add_alignment(self, seconds: float) -> None:
        """Count the word alignment of one window."""
        self._align.add(seconds, 1)

    def encode_s(self, context_s: float) -> float:
        """Seconds to encode so much context; 0 while unknown."""
        return self._encode.value * context_s

    @property
    def align_s(self) -> float:
        """Seconds the word alignment of a window takes; 0 while unknown."""
        return self._align.value

    def token_s(self, search: Search) -> float | None:
        """Seconds a token takes; None while nothing has been measured.

        What was not yet seen is inferred, with caution, from the nearest that was: of the same
        kind if there is one, and in proportion to the width.
        """
        if not self._token_s:
            return None
        known = min(
            self._token_s,
            key=lambda seen: (seen.samples != search.samples, abs(seen.width - search.width)),
        )
        caution = 1.0 if known == search else _CAUTION
        return caution * self._token_s[known].worst * search.width / known.width

    def tokens_in(self, audio_s: float) -> float:
        """Tokens to expect of so many seconds of audio."""
        density = self._density.value if self._density.known else _TYPICAL_TOKENS_PER_S
        return density * audio_s


class Prospect(Struct, frozen=True):
    """What the next attempt at a window would be, and the time there is for it."""

    remaining_s: float
    """Until the job's deadline."""
    audio_s: float
    """Of this window."""
    later_audio_s: float
    """Audio after this window, still to be decoded."""
    later_windows: int
    search: Search
    limit: Limit
    last_tokens: int | None
    """Tokens of the attempt that has just failed; None: this is the first attempt."""
    aligns: bool
    """Whether words are aligned afterwards."""
    later_context_s: float = 0.0
    """What the encoder will be shown of the later windows."""
    encodes_s: float = 0.0
    """Context to be encoded for this attempt, before it."""
    attempts: int = 1
    """How many like this one there must be time for: a loop may well loop at all temperatures."""


class Go(Struct, frozen=True):
    """Decode, so wide and with so many tokens at most."""

    search: Search
    limit: Limit
    narrowed: str = ""
    """Why not so wide as asked for; empty: it is."""


class Stop(Struct, frozen=True):
    """Make do with the attempts there are."""

    because: str


def next_step(prospect: Prospect, costs: Costs) -> Go | Stop:
    """The widest attempt that the time left allows.

    A cap on the tokens comes first, for it changes only a text that runs away. Then fallbacks
    are dropped. A window's first attempt is always made, but with a beam of one where the
    asked-for one would not be done in time.
    """
    limit = prospect.limit
    token_s = costs.token_s(prospect.search)
    if token_s is None:
        return Go(prospect.search, limit)
    expected = (
        costs.tokens_in(prospect.audio_s)
        if prospect.last_tokens is None
        else prospect.last_tokens + 1
    )
    wanted = min(limit.tokens, ceil(_HEADROOM * expected))
    available_s = _available_s(prospect, costs, token_s)
    affordable = _affordable(available_s, token_s, limit.tokens)
    because = f"{prospect.remaining_s:.1f} s left, an attempt costs {wanted * token_s:.1f} s"
    if prospect.attempts > 1 and prospect.attempts * wanted * token_s > available_s:
        return Stop(f"{because} and up to {prospect.attempts} may loop")
    if wanted <= affordable and affordable > 0:
        return Go(prospect.search, _lower(limit, affordable))
    if prospect.last_tokens is not None:
        return Stop(because)
    narrow = Search(1, prospect.search.samples)
    single_s = min(token_s, costs.token_s(narrow) or token_s)
    floor = min(limit.tokens, max(wanted, _MIN_TOKENS))
    most = max(floor, _affordable(available_s, single_s, limit.tokens))
    return Go(narrow, _lower(limit, most), narrowed="" if narrow == prospect.search else because)


def _lower(limit: Limit, affordable: int) -> Limit:
    if affordable >= limit.tokens:
        return limit
    return Limit(affordable, "the time left", is_time=True)


def _affordable(available_s: float, token_s: float, max_tokens: int) -> int:
    """Tokens that fit, at most `max_tokens`; a cost of nothing fits any number."""
    if token_s * max_tokens <= available_s:
        return max_tokens
    return int(available_s / token_s) if available_s > 0 else 0


def _available_s(prospect: Prospect, costs: Costs, token_s: float) -> float:
    """Time for this decoding: what later windows will not need, or an equal share if more."""
    align_s = costs.align_s if prospect.aligns else 0.0
    before_s = align_s + costs.encode_s(prospect.encodes_s)
    later_s = (
        costs.encode_s(prospect.later_context_s)
        + prospect.later_windows * align_s
        + _HEADROOM * costs.tokens_in(prospect.later_audio_s) * token_s
    )
    usable_s = _USABLE * prospect.remaining_s
    return max(usable_s - later_s, usable_s / (prospect.later_windows + 1)) - before_s


def still_to_decode(clips_s: tuple[float, ...], done_s: float, end_s: float) -> tuple[int, float]:
    """Windows of at most 30 s, and seconds of audio, in the clips after `done_s`.

    `clips_s` are start, end, start, end, ... as in `clip_timestamps`; the last end may be left
    out. A window that ends before its 30 s are used up makes one more than is counted here.
    """
    bounds = [*clips_s, end_s] if len(clips_s) % 2 else clips_s
    spans = zip(bounds[::2], bounds[1::2], strict=True)
    lengths = [min(end, end_s) - max(start, done_s) for start, end in spans]
    left = [length for length in lengths if length >= _FRAME_S]
    return sum(ceil(length / WINDOW_S) for length in left), sum(left)
