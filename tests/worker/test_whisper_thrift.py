"""What decoding spares itself, with the built-in model: looks, loops, and encoder context."""

from typing import Any

import numpy as np
import pytest

from sidecar.core.thrift import Thrift
from sidecar.worker.speech import Samples, SpeechModel
from tests.worker.decoding import start, text


def without_end(model: SpeechModel, **options: Any) -> dict[str, Any]:
    """Options under which no text ends by itself."""
    end = model._model.hf_tokenizer.token_to_id("<|endoftext|>")
    return {"language": "en", "suppress_tokens": (end,), "no_speech_threshold": None} | options


@pytest.fixture
def two_seconds(english: Samples) -> Samples:
    """A sentence."""
    return english[:32_000]


@pytest.mark.parametrize("word_timestamps", [False, True])
def test_a_fitting_context_hears_the_sample_as_a_full_one_does(
    model: SpeechModel, english: Samples, word_timestamps: bool
) -> None:
    full = list(start(model, english, word_timestamps=word_timestamps))
    fit = start(model, english, word_timestamps=word_timestamps, encoder_context="fit")
    for one, other in zip(full, fit, strict=True):
        assert one.text == other.text
        assert (one.start, one.end) == pytest.approx((other.start, other.end), abs=0.1)
    assert fit.language == "en"
    assert fit.windows
    assert [attempt.context_s for attempt in fit.windows[0].attempts] == [12.2]
    assert fit.warnings == ()


def test_language_detection_and_decoding_share_a_fitting_pass(
    model: SpeechModel, two_seconds: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    encode = model._model.model.encode

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(native, name)

        def encode(self, features: Any, **kwargs: Any) -> Any:
            shown.append(features.shape[-1])
            return encode(features, **kwargs)

    native = model._model.model
    monkeypatch.setattr(model._model, "model", Watched())
    decoding = start(model, two_seconds, encoder_context="fit")
    assert text(decoding) == " good morning computer."
    assert shown == [300]
    assert decoding.windows
    assert decoding.windows[0].encoding_reused


def test_without_reuse_the_window_is_encoded_twice(model: SpeechModel, english: Samples) -> None:
    spendthrift = SpeechModel(model._model, model.info, Thrift(reuse_encoding=False))
    decoding = start(spendthrift, english)
    assert text(decoding) == text(start(model, english))
    assert decoding.windows
    assert not decoding.windows[0].encoding_reused


def test_a_rejected_text_of_a_fitting_context_is_repeated_once_with_the_full_window(
    model: SpeechModel, two_seconds: Samples
) -> None:
    decoding = start(
        model, two_seconds, encoder_context="fit", log_prob_threshold=0.0, temperature=(0.0, 0.2)
    )
    list(decoding)
    assert decoding.windows
    made = [(a.temperature, a.context_s) for a in decoding.windows[0].attempts]
    assert made == [(0.0, 3.0), (0.0, 30.0), (0.2, 30.0)]
    assert decoding.warnings[0].startswith(
        "window 1 (0.0-2.0 s): decoded again with the full window: avg_logprob -"
    )


def test_times_beyond_the_audio_are_a_reason_to_see_the_full_window(
    model: SpeechModel, english: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Cut within a word and without a margin, the model goes on behind the end of the audio.
    monkeypatch.setattr("sidecar.worker.context.MARGIN_FRAMES", 0)
    decoding = start(model, english[:80_000], language="en", encoder_context="fit", beam_size=1)
    segments = list(decoding)
    assert decoding.windows
    first, second = decoding.windows[0].attempts
    assert first.verdict == "it has times beyond the audio"
    assert (second.verdict, second.context_s) == ("accepted", 30.0)
    assert segments[-1].end <= 5.0


def test_a_full_window_has_no_smaller_context(model: SpeechModel, long: Samples) -> None:
    decoding = start(model, long[:480_000], language="en", encoder_context="fit")
    list(decoding)
    assert decoding.windows
    assert decoding.windows[0].attempts[0].context_s == 30.0


def test_an_attempt_that_cannot_be_accepted_any_more_is_ended_early(
    model: SpeechModel, noise: Samples
) -> None:
    decoding = start(model, noise, **without_end(model, temperature=(0.0, 0.4), beam_size=1))
    list(decoding)
    assert decoding.windows
    attempts = decoding.windows[0].attempts
    assert [(a.tokens, a.max_tokens) for a in attempts] == [(34, 34), (34, 34)]
    assert attempts[0].verdict.endswith("; ended after 34 tokens")
    assert "the text was cut at 34 tokens, when it could not" in decoding.warnings[0]


def test_a_look_that_decides_nothing_is_followed_by_the_whole_attempt(
    model: SpeechModel, noise: Samples
) -> None:
    options = without_end(model, temperature=0.0, beam_size=1, log_prob_threshold=-9.0)
    options["compression_ratio_threshold"] = None
    decoding = start(model, noise, **options)
    list(decoding)
    assert decoding.windows
    first, second = decoding.windows[0].attempts
    assert (first.tokens, first.verdict) == (34, "unfinished after 34 tokens")
    assert second.tokens == 92


@pytest.mark.parametrize("words", [False, True])
def test_a_loop_is_ended_early_cut_and_told_of(
    model: SpeechModel, two_seconds: Samples, words: bool
) -> None:
    # A text that may neither end nor have timestamps repeats itself.
    options = without_end(model, temperature=0.0, beam_size=1, log_prob_threshold=None)
    decoding = start(model, two_seconds, without_timestamps=True, word_timestamps=words, **options)
    segments = list(decoding)
    assert decoding.windows
    (attempt,) = decoding.windows[0].attempts
    assert attempt.tokens == 34
    assert attempt.verdict.startswith("compression_ratio ")
    assert attempt.verdict.endswith("it loops; ended after 34 tokens; cut at the loop")
    assert "a loop was cut at" in decoding.warnings[0]
    said = segments[0].text
    assert said
    assert segments[0].compression_ratio < 2.4
    assert not decoding.degraded


def test_silence_after_the_audio_changes_no_language(model: SpeechModel) -> None:
    decoding = start(model, np.zeros(16_000, np.float32), encoder_context="fit")
    assert list(decoding) == []
    assert decoding.language
