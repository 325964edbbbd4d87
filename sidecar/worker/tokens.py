"""How many tokens one window may take, and by which limit. Pure."""

from math import ceil

from msgspec import Struct

MAX_POSITIONS = 448
"""Positions of Whisper's decoder, shared by the prompt and the text."""

MAX_WINDOW_TOKENS = MAX_POSITIONS // 2
"""New tokens a window, as in OpenAI's `DecodingOptions.sample_len`; CTranslate2 enforces it."""

_TOKENS_PER_S = 30
_SPARE_TOKENS = 32
_LOOK_TOKENS_PER_S = 5
_LOOK_SPARE_TOKENS = 24
_LOOK_SHARE = 0.6


class Limit(Struct, frozen=True):
    """Tokens that a window may take."""

    tokens: int
    reason: str
    """What sets the limit, in words."""
    is_time: bool = False
    """Whether it is the time left that sets it."""


def token_limit(prompt_tokens: int, max_new_tokens: int | None, audio_s: float | None) -> Limit:
    """The lowest of the model's limit, the caller's, and that of the audio; at least one token.

    `audio_s` None: the seconds of audio set no limit.
    """
    limits = [
        Limit(MAX_WINDOW_TOKENS, "the model's limit for a window"),
        Limit(MAX_POSITIONS - prompt_tokens, "the model's limit, with the prompt before it"),
    ]
    if max_new_tokens is not None:
        limits.append(Limit(max_new_tokens, "max_new_tokens"))
    if audio_s is not None:
        limits.append(Limit(spoken_tokens(audio_s), f"more than {audio_s:.1f} s of speech need"))
    lowest = min(limits, key=lambda limit: limit.tokens)
    return Limit(max(1, lowest.tokens), lowest.reason)


def spoken_tokens(audio_s: float) -> int:
    """More tokens than speech of `audio_s` seconds can need.

    Speakers of 17 languages range from 4.3 to 9.1 syllables a second (Coupé, Oh, Dediu and
    Pellegrino, "Different languages, similar encoding efficiency", Science Advances 5, 2019;
    the means of Pellegrino, Coupé and Marsico, Language 87, 2011, are 5.2 to 7.8). Ten syllables
    of three tokens each are allowed for: a Chinese character outside Whisper's vocabulary is
    three byte tokens, and scripts that need more a syllable are spoken with fewer of them.
    The constant is for timestamps and punctuation. From 6.4 s on, the model's own limit of 224
    tokens a window is the lower one.
    """
    return int(audio_s * _TOKENS_PER_S) + _SPARE_TOKENS


def first_look(audio_s: float, expected_tokens: float, limit_tokens: int) -> int | None:
    """After how many tokens an attempt is looked at; None where that would spare too little.

    Most texts have ended by then: English has about four tokens a second, and `expected_tokens`
    is what speech has had here. One that has not, and neither loops nor is lost, is decoded again
    to its end, so a look must be cheap beside the whole.
    """
    tokens = max(
        int(audio_s * _LOOK_TOKENS_PER_S) + _LOOK_SPARE_TOKENS, ceil(1.5 * expected_tokens)
    )
    return tokens if tokens <= _LOOK_SHARE * limit_tokens else None


def max_length(new_tokens: int, prompt_tokens: int) -> int:
    """The `max_length` that lets CTranslate2 give exactly `new_tokens` after the prompt.

    CTranslate2 gives min(max_length // 2, max_length - prompt_tokens) new tokens, so that
    faster-whisper's `prompt + max_new_tokens` yields about half of what was asked for.
    """
    return min(MAX_POSITIONS, max(2 * new_tokens, prompt_tokens + new_tokens))
