"""Options that cannot be, that have no effect, and that are passed through."""

import inspect
import logging
import re
from typing import Any

import pytest
from faster_whisper import BatchedInferencePipeline, WhisperModel

from sidecar.core.errors import InvalidParams
from sidecar.core.request import (
    OWN_OPTIONS,
    AudioSource,
    DecodingOptions,
    Transcription,
    VadOff,
    VadWebrtc,
)
from sidecar.worker.options import Vocabulary, ignored, refuse_impossible

MULTILINGUAL = Vocabulary(
    is_multilingual=True,
    languages=frozenset(("en", "zh", "de")),
    size=1000,
    count_tokens=lambda text: len(text.split()),
)
ENGLISH_ONLY = Vocabulary(
    is_multilingual=False,
    languages=frozenset(("en",)),
    size=1000,
    count_tokens=lambda text: len(text.split()),
)


def job(
    language: str | None = None,
    languages: tuple[str, ...] = (),
    *,
    task: Any = "transcribe",
    vad: VadOff | VadWebrtc = VadOff(),  # noqa: B008 (frozen)
    **options: Any,
) -> Transcription:
    return Transcription(
        AudioSource(),
        language=language,
        languages=languages,
        task=task,
        vad=vad,
        options=DecodingOptions(**options),
    )


def words(count: int) -> str:
    return "word " * count


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (job("xx"), "language"),
        (job(languages=("en", "xx")), "languages[1]"),
        (job("de", ("en", "zh")), "language"),
        (job(suppress_tokens=(-1, 1000)), "options.suppress_tokens[1]"),
        (job(suppress_tokens=(-2,)), "options.suppress_tokens[0]"),
        (job(beam_size=5, patience=0.05), "options.patience"),
        (job(clip_timestamps=(5.0,), vad=VadWebrtc()), "options.clip_timestamps"),
        (job(clip_timestamps=(5.0, 5.0)), "options.clip_timestamps"),
        (job(initial_prompt=words(224)), "options.initial_prompt"),
        (job(prefix=words(224)), "options.prefix"),
        (job(hotwords=words(224)), "options.hotwords"),
        (job(hotwords=words(200)), "options.hotwords"),
        (job(initial_prompt=words(223), prefix=words(223)), "options.initial_prompt"),
        (job(max_new_tokens=443), "options.max_new_tokens"),
        (job(max_new_tokens=230, initial_prompt=words(223)), "options.max_new_tokens"),
    ],
)
def test_what_cannot_be_is_refused_by_name(asked: Transcription, path: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        refuse_impossible(asked, MULTILINGUAL)
    assert refused.value.details["path"] == path


@pytest.mark.parametrize(
    "asked",
    [
        job(),
        job("en", ("en", "zh")),
        job(clip_timestamps=(0.0,), vad=VadWebrtc()),
        job(clip_timestamps=(1.0, 2.0, 3.0)),
        job(clip_timestamps=()),
        job(max_new_tokens=224, initial_prompt=words(200)),
        job(hotwords=words(200), condition_on_previous_text=False),
        job(suppress_tokens=()),
    ],
)
def test_what_can_be_is_let_through(asked: Transcription) -> None:
    refuse_impossible(asked, MULTILINGUAL)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (job(), []),
        (job("en"), []),
        (job(hallucination_silence_threshold=1.0), ["hallucination_silence_threshold"]),
        (job(hallucination_silence_threshold=1.0, word_timestamps=True), []),
        (job(temperature=0.0, best_of=3), ["best_of"]),
        (job(temperature=0.5, beam_size=3, patience=2.0), ["beam_size", "patience"]),
        (
            job(condition_on_previous_text=False, prompt_reset_on_temperature=0.1),
            ["prompt_reset_on_temperature"],
        ),
        (job(without_timestamps=True, max_initial_timestamp=2.0), ["max_initial_timestamp"]),
        (job("en", language_detection_segments=2), ["language_detection_segments"]),
        (job(hotwords="a", prefix="b"), ["hotwords"]),
        (job(prefix="b", clip_timestamps=(1.0,)), ["prefix"]),
        (job(max_new_tokens=300), ["max_new_tokens"]),
        (job(clip_timestamps=(0.0, 1.0, 30.0)), ["the clip from 30 s"]),
        (job("en", multilingual=True), ["language"]),
    ],
)
def test_what_has_no_effect_is_warned_of(asked: Transcription, names: list[str]) -> None:
    warnings = list(ignored(asked, MULTILINGUAL, audio_s=11.2))
    assert len(warnings) == len(names)
    assert all(w.startswith(name) for w, name in zip(warnings, names, strict=True))


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        (job("en"), 0),
        (job("de"), 1),
        (job(languages=("de",)), 1),
        (job(task="translate", multilingual=True), 2),
    ],
)
def test_an_english_only_model_says_what_it_cannot_do(asked: Transcription, count: int) -> None:
    refuse_impossible(asked, ENGLISH_ONLY)
    assert len(list(ignored(asked, ENGLISH_ONLY, audio_s=1.0))) == count


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0.4),
        ("temperature", (0.0, 0.4)),
        ("best_of", 3),
        ("compression_ratio_threshold", 2.0),
        ("log_prob_threshold", -0.5),
        ("no_speech_threshold", 0.5),
        ("prompt_reset_on_temperature", 0.1),
        ("prefix", "a"),
        ("max_initial_timestamp", 2.0),
        ("clip_timestamps", (1.0,)),
        ("hallucination_silence_threshold", 1.0),
        ("encoder_context", "fit"),
    ],
)
def test_what_a_batch_does_not_honour_is_refused_by_name(name: str, value: Any) -> None:
    refuse_impossible(job(**{name: value}), MULTILINGUAL)
    with pytest.raises(InvalidParams) as refused:
        refuse_impossible(job(batch_size=8, **{name: value}), MULTILINGUAL)
    assert refused.value.details["path"] == f"options.{name}"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0.0, "condition_on_previous_text": False},
        {"log_prob_threshold": None, "no_speech_threshold": None},
        {"beam_size": 1, "hotwords": "a", "initial_prompt": "b", "word_timestamps": True},
    ],
)
def test_what_a_batch_honours_or_never_does_is_let_through(options: dict[str, Any]) -> None:
    asked = job(batch_size=8, **options)
    refuse_impossible(asked, MULTILINGUAL)
    assert len(list(ignored(asked, MULTILINGUAL, audio_s=60.0))) == 1


def test_a_batch_ignores_what_faster_whisper_says_it_does() -> None:
    said = inspect.getdoc(BatchedInferencePipeline.transcribe) or ""
    unused = re.findall(r"^ +(\w+): ", said.split("Unused Arguments")[1].split("Returns")[0], re.M)
    assert unused
    for name in unused:
        if name == "condition_on_previous_text":
            continue
        value: Any = "a" if name == "prefix" else 0.3
        with pytest.raises(InvalidParams):
            refuse_impossible(job(batch_size=8, **{name: value}), MULTILINGUAL)


def test_options_have_the_names_and_defaults_of_faster_whisper() -> None:
    parameters = inspect.signature(WhisperModel.transcribe).parameters
    for name in set(DecodingOptions.__struct_fields__) - OWN_OPTIONS:
        ours, theirs = getattr(DecodingOptions(), name), parameters[name].default
        if name == "clip_timestamps":
            assert (ours, theirs) == ((0.0,), "0")
        elif isinstance(theirs, list):
            assert list(ours) == theirs
        else:
            assert ours == theirs


def test_faster_whisper_takes_no_option_that_cannot_be_asked_for() -> None:
    parameters = set(inspect.signature(WhisperModel.transcribe).parameters)
    elsewhere = {"self", "audio", "language", "task", "log_progress", "chunk_length"}
    vad = {"vad_filter", "vad_parameters"}
    assert parameters - elsewhere - vad == set(DecodingOptions.__struct_fields__) - OWN_OPTIONS
    assert logging.getLogger("faster_whisper").handlers == []
