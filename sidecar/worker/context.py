"""How much the encoder is shown of a window. Pure."""

WINDOW_FRAMES = 3000
"""Whisper's window of 30 s; a frame is 10 ms."""

_FRAME_S = 0.01

MARGIN_FRAMES = 100
"""Silence after the audio, by which the decoder can tell that it is over.

Without any, the built-in model puts words and times behind the end of a clip that was cut within
a word; with half a second it does not.
"""


def context_frames(audio_frames: int, *, fit: bool) -> int:
    """The frames to encode: the whole window, or the audio and a margin.

    They are even, because the encoder halves them. A window of 29 s or more has no room for less.
    """
    if not fit:
        return WINDOW_FRAMES
    return min(WINDOW_FRAMES, (audio_frames + MARGIN_FRAMES + 1) // 2 * 2)


def later_context_s(windows: int, audio_s: float, *, fit: bool) -> float:
    """What the encoder will be shown of so many windows, with `audio_s` of audio in all."""
    full_s = windows * WINDOW_FRAMES * _FRAME_S
    return min(full_s, audio_s + windows * MARGIN_FRAMES * _FRAME_S) if fit else full_s
