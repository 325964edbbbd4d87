"""How much the encoder is shown."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.worker.context import MARGIN_FRAMES, WINDOW_FRAMES, context_frames, later_context_s

frames = st.integers(1, WINDOW_FRAMES)


@given(frames)
def test_a_full_context_is_the_window(audio: int) -> None:
    assert context_frames(audio, fit=False) == WINDOW_FRAMES


@given(frames)
def test_a_fitting_context_holds_the_audio_and_its_margin(audio: int) -> None:
    context = context_frames(audio, fit=True)
    assert context % 2 == 0
    assert min(audio + MARGIN_FRAMES, WINDOW_FRAMES) <= context <= WINDOW_FRAMES
    assert context <= audio + MARGIN_FRAMES + 1


def test_later_windows_are_shown_in_full_or_as_they_fit() -> None:
    assert later_context_s(2, 40.0, fit=False) == 60.0
    assert later_context_s(2, 40.0, fit=True) == 42.0
    assert later_context_s(1, 30.0, fit=True) == 30.0
    assert later_context_s(0, 0.0, fit=True) == 0.0
