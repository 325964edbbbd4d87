"""Decoding in batches, against faster-whisper's own batched pipeline."""

from typing import Any

import numpy as np
import pytest
from faster_whisper import BatchedInferencePipeline

from sidecar.core.errors import Cancelled
from sidecar.core.thrift import Thrift
from sidecar.worker.ladder import Search
from sidecar.worker.speech import Samples, SpeechModel
from tests.worker.decoding import start, text

SECONDS = 16_000
CLIPS = [22 * SECONDS, 12 * SECONDS, 20 * SECONDS, 9 * SECONDS]


def plainly(plain: Any, samples: Samples, **options: Any) -> list[Any]:
    clips, begin = [], 0
    for length in (22, 12, 29):
        clips.append({"start": float(begin), "end": float(begin + length)})
        begin += length
    segments, _ = BatchedInferencePipeline(plain).transcribe(
        samples, clip_timestamps=clips, batch_size=2, without_timestamps=False, **options
    )
    return [segment for segment in segments if segment.text.strip()]


@pytest.mark.parametrize("language", [None, "en"])
@pytest.mark.parametrize("word_timestamps", [False, True])
def test_segments_are_those_of_faster_whispers_batched_pipeline(
    model: SpeechModel, plain: Any, long: Samples, word_timestamps: bool, language: str | None
) -> None:
    samples = long[: sum(CLIPS)]
    ours = start(
        model,
        samples,
        language=language,
        batch_size=2,
        word_timestamps=word_timestamps,
        watch={"stretches": CLIPS},
    )
    theirs = plainly(plain, samples, language=language, word_timestamps=word_timestamps)
    decoded = list(ours)
    assert [segment.text for segment in decoded] == [segment.text for segment in theirs]
    timed: list[Any] = list(decoded)
    expected = theirs
    if word_timestamps:
        timed = [word for segment in decoded for word in segment.words or ()]
        expected = [word for segment in theirs for word in segment.words]
    assert [(one.start, one.end) for one in timed] == [
        pytest.approx((other.start, other.end), abs=0.001) for other in expected
    ]
    assert [segment.id for segment in decoded] == list(range(1, len(decoded) + 1))
    assert all((segment.words is None) != word_timestamps for segment in decoded)
    assert ours.language == "en"
    assert not ours.degraded


def test_every_chunk_is_a_window_of_the_profile(model: SpeechModel, long: Samples) -> None:
    decoding = start(
        model, long[: sum(CLIPS)], language="en", batch_size=2, watch={"stretches": CLIPS}
    )
    list(decoding)
    assert decoding.windows
    assert [(w.start_s, w.end_s) for w in decoding.windows] == [(0, 22), (22, 34), (34, 63)]
    for window in decoding.windows:
        (attempt,) = window.attempts
        assert (attempt.beam_size, attempt.context_s, attempt.verdict) == (5, 30.0, "not judged")
        assert min(window.encode_s, attempt.generate_s) > 0
        assert 0 < attempt.tokens < attempt.max_tokens
    assert decoding.warnings == (
        "with batch_size: no fallbacks, no thresholds, and no previous text",
    )


def test_without_voice_detection_all_of_the_audio_is_decoded(
    model: SpeechModel, long: Samples
) -> None:
    decoding = start(model, long, language="en", batch_size=8)
    assert text(decoding).count("good morning computer") >= 5
    assert decoding.windows
    assert decoding.windows[-1].end_s == pytest.approx(len(long) / SECONDS, abs=0.001)


def test_segments_come_batch_by_batch_and_a_cancel_ends_the_next(
    model: SpeechModel, long: Samples
) -> None:
    done_s: list[float] = []
    cancelled: list[bool] = []

    def check() -> None:
        if cancelled:
            raise Cancelled("stop")

    decoding = start(
        model,
        long[: sum(CLIPS)],
        language="en",
        batch_size=2,
        watch={"stretches": CLIPS, "on_window": done_s.append, "check": check},
    )
    first = next(decoding)
    assert first.text == " good morning computer."
    assert done_s == [0.0]
    cancelled.append(True)
    with pytest.raises(Cancelled):
        list(decoding)
    assert done_s == [0.0]


def test_a_batch_without_time_is_decoded_with_a_beam_of_one(
    model: SpeechModel, long: Samples
) -> None:
    options: dict[str, Any] = {"language": "en", "batch_size": 2}
    list(start(model, long, **options))
    hurried = start(model, long, **options, watch={"remaining_s": lambda: 1e-6})
    assert "good morning computer" in text(hurried)
    assert hurried.degraded
    assert hurried.windows
    assert {a.beam_size for window in hurried.windows for a in window.attempts} == {1}
    assert "decoded with a beam of 1" in hurried.warnings[1]
    assert model._costs.token_s(Search(2)) is not None
    stubborn = SpeechModel(model._model, model.info, Thrift(degrade=False))
    unhurried = start(stubborn, long, **options, watch={"remaining_s": lambda: 1e-6})
    list(unhurried)
    assert not unhurried.degraded


def test_the_tokens_of_a_batch_are_bounded_by_its_longest_audio(
    model: SpeechModel, noise: Samples
) -> None:
    end = model._model.hf_tokenizer.token_to_id("<|endoftext|>")
    decoding = start(model, noise, language="en", batch_size=4, suppress_tokens=(end,))
    list(decoding)
    assert decoding.windows
    (attempt,) = decoding.windows[0].attempts
    assert (attempt.tokens, attempt.max_tokens) == (92, 92)
    assert "cut at 92 tokens, more than 2.0 s of speech need" in decoding.warnings[1]


def test_each_chunk_of_a_batch_may_have_a_language_of_its_own(
    model: SpeechModel, english: Samples, chinese: Samples
) -> None:
    english = np.concatenate([english, np.zeros(25 * SECONDS - len(english), np.float32)])
    decoding = start(
        model,
        np.concatenate([english, chinese]),
        batch_size=2,
        multilingual=True,
        watch={"stretches": [len(english), len(chinese)]},
    )
    said = text(decoding)
    assert "good morning computer" in said
    assert "打开客厅的灯" in said
    assert "languages detected window by window: en, zh" in decoding.warnings
