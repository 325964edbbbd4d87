"""A request's decoding options against the model: what cannot be, and what has no effect."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from msgspec import Struct

from sidecar.core.errors import InvalidParams
from sidecar.core.request import DecodingOptions, Transcription, VadOff
from sidecar.worker.tokens import MAX_POSITIONS, MAX_WINDOW_TOKENS

_DEFAULTS = DecodingOptions()
_MAX_PROMPT_TOKENS = MAX_WINDOW_TOKENS - 1
"""Of the previous text, the hotwords and the prefix, each; faster-whisper cuts off the rest."""


_BATCHED: dict[str, tuple[object, ...]] = {
    "temperature": (0.0, (0.0,)),
    "best_of": (),
    "compression_ratio_threshold": (None,),
    "log_prob_threshold": (None,),
    "no_speech_threshold": (None,),
    "condition_on_previous_text": (False,),
    "prompt_reset_on_temperature": (),
    "prefix": (),
    "max_initial_timestamp": (),
    "clip_timestamps": ((),),
    "hallucination_silence_threshold": (),
    "encoder_context": (),
}
"""Options that a batch does not honour, and the values, apart from the default, that ask for
nothing it does not do."""


class Vocabulary(Struct, frozen=True):
    """What the options are checked against."""

    is_multilingual: bool
    languages: frozenset[str]
    size: int
    count_tokens: Callable[[str], int]


def refuse_impossible(job: Transcription, vocabulary: Vocabulary) -> None:
    """Raise InvalidParams for what the model cannot do, or only by dropping something."""
    _refuse_languages(job, vocabulary)
    _refuse_clips(job)
    options = job.options
    _refuse_batched(options)
    for i, token in enumerate(options.suppress_tokens):
        if not -1 <= token < vocabulary.size:
            raise InvalidParams(
                f"the model has no token {token}", path=f"options.suppress_tokens[{i}]"
            )
    if round(options.beam_size * options.patience) < 1:
        raise InvalidParams("beam_size x patience is below one", path="options.patience")
    _refuse_prompts(options, vocabulary.count_tokens)


def _refuse_languages(job: Transcription, vocabulary: Vocabulary) -> None:
    if not vocabulary.is_multilingual:
        return
    asked = {"language": job.language} if job.language else {}
    asked |= {f"languages[{i}]": code for i, code in enumerate(job.languages)}
    for path, code in asked.items():
        if code not in vocabulary.languages:
            raise InvalidParams(f"the model does not know language {code!r}", path=path)
    if job.language and job.languages and job.language not in job.languages:
        raise InvalidParams("language is not one of languages", path="language")


def _refuse_clips(job: Transcription) -> None:
    clips = job.options.clip_timestamps
    if clips == _DEFAULTS.clip_timestamps:
        return
    path = "options.clip_timestamps"
    if not isinstance(job.vad, VadOff):
        raise InvalidParams("clip_timestamps cannot be combined with vad", path=path)
    if any(later <= earlier for earlier, later in pairwise(clips)):
        raise InvalidParams("clip_timestamps do not increase", path=path)


def _refuse_batched(options: DecodingOptions) -> None:
    """What faster-whisper's batched pipeline takes and does not honour, or not as it is meant."""
    if options.batch_size == 1:
        return
    for name, values in _BATCHED.items():
        if getattr(options, name) not in (getattr(_DEFAULTS, name), *values):
            raise InvalidParams(f"{name} has no effect with batch_size", path=f"options.{name}")


def _refuse_prompts(options: DecodingOptions, count_tokens: Callable[[str], int]) -> None:
    lengths = {}
    for name in ("initial_prompt", "prefix", "hotwords"):
        text = getattr(options, name)
        lengths[name] = count_tokens(" " + text.strip()) if text else 0
        if lengths[name] > _MAX_PROMPT_TOKENS:
            raise InvalidParams(
                f"{name} is {lengths[name]} tokens long; {_MAX_PROMPT_TOKENS} are the most",
                path=f"options.{name}",
            )
    marks = 6
    first = lengths["initial_prompt"] + (lengths["prefix"] or lengths["hotwords"]) + marks
    if first >= MAX_POSITIONS:
        raise InvalidParams(
            "initial_prompt and prefix or hotwords together leave no room for text",
            path="options.initial_prompt",
        )
    if options.max_new_tokens and first + options.max_new_tokens > MAX_POSITIONS:
        raise InvalidParams(
            f"with the prompt, the model has room for {MAX_POSITIONS - first} new tokens",
            path="options.max_new_tokens",
        )
    if options.condition_on_previous_text:
        most = MAX_POSITIONS - _MAX_PROMPT_TOKENS - marks - MAX_WINDOW_TOKENS // 4
        if lengths["hotwords"] > most:
            raise InvalidParams(
                f"hotwords are {lengths['hotwords']} tokens long; with the previous text beside "
                f"them (condition_on_previous_text) {most} are the most",
                path="options.hotwords",
            )


def ignored(job: Transcription, vocabulary: Vocabulary, audio_s: float) -> Iterator[str]:
    """Warnings: what was asked for and has no effect on this model, or beside other options."""
    yield from _ignored_by_model(job, vocabulary)
    options = job.options
    if options.batch_size > 1:
        yield "with batch_size: no fallbacks, no thresholds, and no previous text"
    given = {
        name
        for name in DecodingOptions.__struct_fields__
        if getattr(options, name) != getattr(_DEFAULTS, name)
    }
    samples = any(temperature > 0 for temperature in options.temperatures)
    searches = 0 in options.temperatures
    idle = {
        "without word_timestamps": (
            not options.word_timestamps,
            ("hallucination_silence_threshold", "prepend_punctuations", "append_punctuations"),
        ),
        "without a temperature above 0": (not samples, ("best_of",)),
        "without temperature 0": (not searches, ("beam_size", "patience")),
        "without condition_on_previous_text": (
            not options.condition_on_previous_text,
            ("prompt_reset_on_temperature",),
        ),
        "with without_timestamps": (options.without_timestamps, ("max_initial_timestamp",)),
        "with a given language": (
            job.language is not None,
            ("language_detection_threshold", "language_detection_segments"),
        ),
    }
    for circumstance, (applies, names) in idle.items():
        if applies:
            yield from (f"{n} has no effect {circumstance}" for n in names if n in given)
    if options.prefix and options.hotwords:
        yield "hotwords have no effect in the first window, because of prefix"
    if options.prefix and options.clip_timestamps[:1] > (0.0,):
        yield "prefix has no effect, because the clips do not start at 0"
    if options.max_new_tokens and options.max_new_tokens > MAX_WINDOW_TOKENS:
        yield f"max_new_tokens: a window gives at most {MAX_WINDOW_TOKENS} tokens anyway"
    for start in options.clip_timestamps[::2]:
        if start > 0 and start >= audio_s:
            yield f"the clip from {start:g} s on lies after the end of the audio"


def _ignored_by_model(job: Transcription, vocabulary: Vocabulary) -> Iterator[str]:
    if vocabulary.is_multilingual:
        if job.language and job.options.multilingual:
            yield "language has no effect with multilingual: each window's is detected"
        return
    if job.language not in (None, "en") or (job.languages and "en" not in job.languages):
        yield "the model is English-only: the audio was transcribed as English"
    if job.task == "translate":
        yield "the model is English-only: task translate has no effect"
    if job.options.multilingual:
        yield "the model is English-only: multilingual has no effect"
