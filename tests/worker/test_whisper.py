"""Decoding with the built-in model, against faster-whisper as it comes."""

import time
from collections import Counter
from typing import Any

import numpy as np
import pytest
from faster_whisper.transcribe import Segment as PlainSegment
from faster_whisper.transcribe import Word as PlainWord
from faster_whisper.transcribe import restore_speech_timestamps
from faster_whisper.vad import SpeechTimestampsMap

from sidecar.core.errors import Cancelled, JobTimeout
from sidecar.core.request import AudioSource, Transcription
from sidecar.core.thrift import Thrift
from sidecar.core.timing import Phase, PhaseClock
from sidecar.worker.segments import to_segment
from sidecar.worker.speech import Samples, SpeechModel
from tests.worker.decoding import start, text


def plainly(plain: Any, samples: Samples, language: str | None, **options: Any) -> list[Any]:
    segments, _ = plain.transcribe(samples, language=language, **options)
    return [to_segment(segment, lambda seconds, is_end: seconds) for segment in segments]


class CountedPasses:
    """Stands before CTranslate2's model and counts what is asked of it."""

    def __init__(self, native: Any) -> None:
        self._native = native
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._native, name)
        if callable(attribute):
            self.calls[name] += 1
        return attribute


def counted(model: SpeechModel, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    passes = CountedPasses(model._model.model)
    monkeypatch.setattr(model._model, "model", passes)
    return passes.calls


@pytest.mark.parametrize("beam_size", [1, 5, 10])
@pytest.mark.parametrize("word_timestamps", [False, True])
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize(("sample", "code"), [("english", "en"), ("chinese", "zh")])
def test_segments_are_those_of_plain_faster_whisper(
    request: pytest.FixtureRequest,
    model: SpeechModel,
    plain: Any,
    sample: str,
    code: str,
    given: bool,
    word_timestamps: bool,
    beam_size: int,
) -> None:
    samples = request.getfixturevalue(sample)
    options: dict[str, Any] = {
        "beam_size": beam_size,
        "word_timestamps": word_timestamps,
        "temperature": 0.0,
    }
    decoding = start(model, samples, language=code if given else None, **options)
    assert list(decoding) == plainly(plain, samples, code, **options)
    assert decoding.language == code
    assert not decoding.degraded


@pytest.mark.parametrize("word_timestamps", [False, True])
def test_segments_over_several_windows_are_those_of_plain_faster_whisper(
    model: SpeechModel, plain: Any, long: Samples, word_timestamps: bool
) -> None:
    options: dict[str, Any] = {
        "word_timestamps": word_timestamps,
        "condition_on_previous_text": False,
        "temperature": 0.0,
    }
    decoding = start(model, long, **options)
    assert list(decoding) == plainly(plain, long, "en", **options)
    assert decoding.windows
    assert len(decoding.windows) >= 3


def test_previous_text_is_conditioned_on_as_in_plain_faster_whisper(
    model: SpeechModel, plain: Any, long: Samples
) -> None:
    options: dict[str, Any] = {"temperature": 0.0, "initial_prompt": "good morning", "beam_size": 1}
    decoded = list(start(model, long, language="en", **options))
    assert decoded == plainly(plain, long, "en", **options)


def test_clips_are_decoded_as_in_plain_faster_whisper(
    model: SpeechModel, plain: Any, long: Samples
) -> None:
    clips = (4.5, 8.8, 20.0, 60.0)
    decoded = list(start(model, long, language="en", clip_timestamps=clips, temperature=0.0))
    assert decoded == plainly(plain, long, "en", clip_timestamps=list(clips), temperature=0.0)


def test_the_bundled_sample_is_transcribed(model: SpeechModel, english: Samples) -> None:
    decoding = start(model, english)
    assert text(decoding).startswith(" good morning computer. turn on the living room light.")
    assert decoding.language == "en"


def test_a_detected_language_costs_no_encoder_pass(
    model: SpeechModel, english: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(model, monkeypatch)
    detected = text(start(model, english))
    assert (calls["encode"], calls["detect_language"]) == (1, 1)
    calls.clear()
    assert text(start(model, english, language="en")) == detected
    assert (calls["encode"], calls["detect_language"]) == (1, 0)


def test_the_first_window_is_kept_while_more_windows_are_listened_to(
    model: SpeechModel, long: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(model, monkeypatch)
    decoding = start(
        model,
        long,
        language_detection_segments=2,
        language_detection_threshold=1.0,
        condition_on_previous_text=False,
    )
    assert calls["encode"] == 2
    list(decoding)
    windows = decoding.windows
    assert windows is not None
    assert calls["encode"] == len(windows) + 1


def test_the_kept_encoder_output_is_let_go_of(model: SpeechModel, english: Samples) -> None:
    decoding: Any = start(model, english)
    job_model = decoding._model
    kept = [job_model._first]
    next(decoding)
    kept.append(job_model._first)
    list(decoding)
    kept.append(decoding._model)
    assert [thing is None for thing in kept] == [False, True, True]


def test_detection_picks_among_the_languages_allowed(model: SpeechModel, english: Samples) -> None:
    free = start(model, english)
    decoding = start(model, english, languages=("zh", "de"))
    assert decoding.language in ("zh", "de")
    assert decoding.language_probabilities == free.language_probabilities
    assert len(decoding.language_probabilities) == 100
    assert sum(decoding.language_probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert decoding.language_probability == decoding.language_probabilities[decoding.language]


def test_a_given_language_is_certain_and_nothing_is_detected(
    model: SpeechModel, english: Samples
) -> None:
    decoding = start(model, english, language="zh")
    assert (decoding.language, decoding.language_probability) == ("zh", 1.0)
    assert decoding.language_probabilities == {}


def test_multilingual_detects_each_window_among_the_languages_allowed(
    model: SpeechModel, english: Samples, chinese: Samples
) -> None:
    silence = np.zeros(480_000 - len(english), np.float32)
    samples = np.concatenate([english, silence, chinese])
    options: dict[str, Any] = {"multilingual": True, "condition_on_previous_text": False}
    decoding = start(model, samples, **options)
    assert "打开客厅的灯" in text(decoding)
    assert "languages detected window by window: en, zh" in decoding.warnings
    only_english = start(model, samples, languages=("en",), **options)
    list(only_english)
    assert only_english.warnings == ()


def test_audio_below_a_frame_gives_no_text_and_says_so(model: SpeechModel) -> None:
    for size in (0, 1, 159):
        decoding = start(model, np.zeros(size, np.float32))
        assert list(decoding) == []
        assert decoding.warnings


@pytest.mark.parametrize("size", [160, 161, 1000])
def test_very_short_audio_is_decoded(model: SpeechModel, size: int) -> None:
    assert text(start(model, np.zeros(size, np.float32))) == ""


def test_every_attempt_at_a_window_is_recorded_with_its_verdict(
    model: SpeechModel, noise: Samples
) -> None:
    decoding = start(
        model,
        noise,
        language="en",
        temperature=(0.0, 0.4),
        log_prob_threshold=0.0,
        no_speech_threshold=None,
    )
    list(decoding)
    windows = decoding.windows
    assert windows is not None
    (window,) = windows
    assert (window.start_s, window.end_s) == (0.0, 2.0)
    assert [(a.temperature, a.beam_size) for a in window.attempts] == [(0.0, 5), (0.4, 5)]
    assert all(a.verdict.startswith("avg_logprob -") for a in window.attempts)
    assert window.encode_s > 0
    assert all(a.generate_s > 0 for a in window.attempts)


def test_windows_are_told_only_to_who_asked(model: SpeechModel, english: Samples) -> None:
    asked = Transcription(AudioSource(), language="en")
    decoding = model.transcribe(english, asked, clock=PhaseClock(time.perf_counter))
    list(decoding)
    assert decoding.windows is None


def test_a_window_taken_for_silence_is_told_of_when_it_had_text(
    model: SpeechModel, english: Samples
) -> None:
    decoding = start(
        model, english, language="en", no_speech_threshold=0.0, log_prob_threshold=None
    )
    assert list(decoding) == []
    assert decoding.warnings == ("window 1 (0.0-11.2 s): taken for silence, its text was left out",)


def test_fallbacks_are_dropped_when_the_time_is_short(model: SpeechModel, english: Samples) -> None:
    slow: dict[str, Any] = {"language": "en", "log_prob_threshold": 0.0}
    unhurried = start(model, english, **slow, watch={"remaining_s": lambda: 60.0})
    list(unhurried)
    hurried = start(model, english, **slow, watch={"remaining_s": lambda: 1e-6})
    assert text(hurried)
    assert unhurried.windows
    assert hurried.windows
    assert len(unhurried.windows[0].attempts) == 6
    assert not unhurried.degraded
    assert [a.beam_size for a in hurried.windows[0].attempts] == [1]
    assert hurried.degraded
    narrowed, dropped = hurried.warnings
    assert narrowed.startswith("window 1 (0.0-11.2 s): decoded with a beam of 1: 0.0 s left")
    assert dropped.startswith("window 1 (0.0-11.2 s): fallbacks at 0.2-1 dropped, 0.0 s left")


def test_degrading_can_be_switched_off(model: SpeechModel, english: Samples) -> None:
    stubborn = SpeechModel(model._model, model.info, Thrift(degrade=False))
    for _ in range(2):
        decoding = start(
            stubborn,
            english,
            language="en",
            log_prob_threshold=0.0,
            temperature=(0.0, 0.2),
            watch={"remaining_s": lambda: 0.0},
        )
        list(decoding)
        assert decoding.windows
        assert len(decoding.windows[0].attempts) == 2
        assert not decoding.degraded


def test_a_text_cut_at_its_limit_is_told_of(model: SpeechModel, english: Samples) -> None:
    decoding = start(model, english, language="en", max_new_tokens=10)
    list(decoding)
    assert decoding.windows
    assert decoding.windows[0].attempts[0].tokens == 10
    assert decoding.warnings[0] == (
        "window 1 (0.0-11.2 s): the text was cut at 10 tokens, max_new_tokens"
    )


def test_tokens_are_bounded_by_the_audio_unless_switched_off(
    model: SpeechModel, noise: Samples
) -> None:
    # Suppressing the end of the text makes it run on to the limit.
    end = model._model.hf_tokenizer.token_to_id("<|endoftext|>")
    options: dict[str, Any] = {
        "language": "en", "temperature": 0.0, "suppress_tokens": (end,), "beam_size": 1,
        "no_speech_threshold": None,
    }  # fmt: skip
    bounded, free = (
        SpeechModel(model._model, model.info, Thrift(bound_tokens=bound, stop_loops=False))
        for bound in (True, False)
    )
    for loaded, tokens in ((bounded, 92), (free, 224)):
        decoding = start(loaded, noise, **options)
        list(decoding)
        assert decoding.windows
        assert decoding.windows[0].attempts[0].tokens == tokens


def test_every_phase_of_the_decoding_is_timed(model: SpeechModel, english: Samples) -> None:
    readings = iter(range(10**6))
    entered: list[Phase] = []
    clock = PhaseClock(lambda: float(next(readings)), entered.append)
    list(start(model, english, word_timestamps=True, watch={"clock": clock}))
    assert list(dict.fromkeys(entered)) == [
        Phase.FEATURES,
        Phase.ENCODE,
        Phase.LANGUAGE,
        Phase.SEGMENTS,
        Phase.GENERATE,
        Phase.ALIGN,
    ]
    timings = clock.timings()
    assert min(timings.features_s, timings.language_s, timings.encode_s) > 0
    assert timings.segments_s > timings.generate_s + timings.align_s > 0
    assert clock.phase is None


@pytest.mark.parametrize("error", [Cancelled("stop"), JobTimeout("late", budget="total")])
@pytest.mark.parametrize("calls_before", [0, 1, 2, 3, 4])
def test_a_check_ends_the_job_with_its_own_error(
    model: SpeechModel, english: Samples, error: Exception, calls_before: int
) -> None:
    calls = iter(range(100))

    def check() -> None:
        if next(calls) == calls_before:
            raise error

    clock = PhaseClock(time.perf_counter)
    with pytest.raises(type(error)) as raised:
        list(start(model, english, watch={"check": check, "clock": clock}))
    assert raised.value is error
    assert clock.phase is None
    assert text(start(model, english)).startswith(" good morning")


def test_segments_come_while_later_windows_are_still_to_be_decoded(
    model: SpeechModel, long: Samples
) -> None:
    done_s: list[float] = []
    decoding = start(
        model,
        long,
        condition_on_previous_text=False,
        watch={"on_window": done_s.append},
    )
    assert done_s == []
    next(decoding)
    assert done_s == [0.0]
    list(decoding)
    assert done_s == sorted(done_s)
    assert done_s[-1] == len(long) / 16_000


@pytest.mark.parametrize("with_words", [False, True])
def test_times_are_restored_as_faster_whisper_does(with_words: bool) -> None:
    chunks = [
        {"start": 16_000, "end": 48_000},
        {"start": 80_000, "end": 96_000},
        {"start": 160_000, "end": 400_000},
    ]
    times = SpeechTimestampsMap(chunks, 16_000)

    def to_input_s(seconds: float, is_end: bool) -> float:
        chunk = times.get_chunk_index(seconds, is_end)
        return float(times.total_silence_before[chunk] + seconds)

    def raw(start: float, end: float) -> PlainSegment:
        middle = (start + end) / 2
        words = [PlainWord(start, middle, " a", 0.5), PlainWord(middle, end, " b", 0.5)]
        return PlainSegment(
            1, 0, start, end, " a b", [1], -0.5, 1.0, 0.0, words if with_words else None, 0.0
        )

    for start_s, end_s in [(0.0, 2.0), (1.9, 2.1), (2.0, 3.0), (2.5, 9.0), (3.0, 18.0)]:
        ours = to_segment(raw(start_s, end_s), to_input_s)
        (theirs,) = restore_speech_timestamps([raw(start_s, end_s)], chunks, 16_000)
        assert (ours.start, ours.end) == pytest.approx((theirs.start, theirs.end), abs=0.0051)
        for mine, other in zip(ours.words or (), theirs.words or (), strict=True):
            assert (mine.start, mine.end) == pytest.approx((other.start, other.end), abs=0.0051)


def test_no_numpy_scalar_and_no_infinity_leaves() -> None:
    word = PlainWord(np.float64(0.5), np.float64(0.75), " a", np.float64("nan"))
    nan = float("nan")
    raw = PlainSegment(1, 0, np.float64(0), 1.0, " a", [1], nan, 1.0, nan, [word], 0)
    segment = to_segment(raw, lambda seconds, is_end: seconds)
    assert (segment.avg_logprob, segment.no_speech_prob) == (-100.0, 1.0)
    assert segment.words
    values = [segment.start, segment.temperature, segment.words[0].start]
    assert {type(value) for value in [*values, segment.words[0].probability]} == {float}
    assert segment.words[0].probability == 0.0


def test_warming_up_leaves_the_model_ready(model: SpeechModel, english: Samples) -> None:
    model.warm_up()
    assert text(start(model, english)).startswith(" good morning")
