"""faster-whisper, opened up where its time goes. The only importer of its transcription."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.transcribe import get_compression_ratio, pad_or_trim
from msgspec import Struct

from sidecar.core.timing import Phase, PhaseClock
from sidecar.worker.hypothesis import Hypothesis, judge, mean_logprob, most_probable
from sidecar.worker.ladder import Costs, Go, Prospect, Search, Stop, next_step, still_to_decode
from sidecar.worker.record import Record, WindowRecord
from sidecar.worker.tokens import max_length, token_limit
from sidecar.worker.views import Extractor, Features, Native

T = TypeVar("T")


def open_model(path: str, device: str, compute_type: str, cpu_threads: int) -> Any:
    """faster-whisper's `WhisperModel` on the folder `path`; raises whatever that raises."""
    return WhisperModel(
        path,
        device=device,
        compute_type=compute_type,
        cpu_threads=cpu_threads,
        local_files_only=True,
    )


def first_inference(model: Any) -> None:
    """Encode a window of silence and generate a token."""
    features = model.feature_extractor(np.zeros(1600, np.float32))
    output = model.encode(pad_or_trim(features))
    start = model.hf_tokenizer.token_to_id("<|startoftranscript|>")
    model.model.generate(output, [[start]], max_length=2)


class Watch(Struct, frozen=True):
    """How one job is watched and held to its time."""

    clock: PhaseClock
    check: Callable[[], None]
    """Raises to end the job; asked before each encoder pass, attempt and segment."""
    remaining_s: Callable[[], float]
    on_window: Callable[[float], None]
    """Told how many seconds of the model's audio are done with."""
    degrade: bool
    bound_tokens: bool


class _Encoding(Struct, frozen=True):
    features: Features
    output: Any
    at_s: float
    encode_s: float


class JobModel(WhisperModel):  # type: ignore[misc]
    """A view of a loaded model for one job: the same weights, watched and bounded.

    It shares all that was loaded and owns what belongs to the job alone, the kept encoder
    output for one, so that dropping the view frees it.
    """

    def __init__(
        self, loaded: Any, watch: Watch, record: Record, costs: Costs, languages: Sequence[str]
    ) -> None:
        self.__dict__.update(vars(loaded))
        self.model = Native(loaded.model, watch.clock, languages)
        self.feature_extractor = Extractor(loaded.feature_extractor)
        self._watch = watch
        self._record = record
        self._costs = costs
        self._detecting = False
        self._first: _Encoding | None = None
        self._window = WindowRecord(0, 0.0, 0.0, 0.0, 0.0)

    def detect_language(self, *, features: Features, **kwargs: Any) -> Any:
        """Detect as faster-whisper does, but on the frames that will be decoded.

        It passes one frame more than `generate_segments` decodes; without it the first window
        is the same in both, and is encoded once.
        """
        self._detecting = True
        try:
            return super().detect_language(features=features[..., :-1], **kwargs)
        finally:
            self._detecting = False

    def encode(self, features: Features) -> Any:
        """Encode a padded window, unless detection has done so already."""
        first = self._first
        if first is not None and np.array_equal(first.features, features):
            encoding = first
        else:
            self._watch.check()
            encoding = _Encoding(
                features, *self._timed(Phase.ENCODE, lambda: WhisperModel.encode(self, features))
            )
        if self._detecting:
            self._first = first or encoding
        else:
            self._first = None
            self._open_window(encoding)
        return encoding.output

    def _open_window(self, encoding: _Encoding) -> None:
        frames = self.feature_extractor.spectrogram.taken
        frame_s = self.feature_extractor.time_per_frame
        start_s, end_s = frames.start * frame_s, frames.stop * frame_s
        self._watch.on_window(start_s)
        self._window = self._record.open_window(start_s, end_s, encoding.at_s, encoding.encode_s)

    def generate_with_fallback(
        self, encoder_output: Any, prompt: list[int], tokenizer: Any, options: Any
    ) -> tuple[Any, float, float, float]:
        """Decode a window at one temperature after the other until a text is good enough.

        The decisions are faster-whisper's, within the time and the tokens there are.
        """
        tried: list[Hypothesis] = []
        for temperature in options.temperatures:
            step = self._next_step(temperature, len(prompt), options, tried)
            if isinstance(step, Stop):
                self._record.drop(self._window, options.temperatures[len(tried) :], step.because)
                break
            self._watch.check()
            tried.append(
                self._attempt(encoder_output, prompt, tokenizer, options, temperature, step)
            )
            if tried[-1].verdict.accepted:
                break
        kept = tried[-1] if tried[-1].verdict.accepted else most_probable(tried)
        self._costs.add_window(kept.tokens, self._window.audio_s, self._window.encode_s)
        self._record.keep(self._window, kept)
        return kept.result, kept.avg_logprob, tried[-1].temperature, kept.compression_ratio

    def _next_step(
        self, temperature: float, prompt_tokens: int, options: Any, tried: list[Hypothesis]
    ) -> Go | Stop:
        window, watch = self._window, self._watch
        samples = temperature > 0
        search = Search(options.best_of if samples else options.beam_size, samples)
        limit = token_limit(
            prompt_tokens,
            options.max_new_tokens,
            window.audio_s if watch.bound_tokens else None,
        )
        if not watch.degrade:
            return Go(search, limit)
        content_s = self.feature_extractor.time_per_frame * (
            self.feature_extractor.spectrogram.shape[-1] - 1
        )
        windows, audio_s = still_to_decode(options.clip_timestamps, window.end_s, content_s)
        return next_step(
            Prospect(
                remaining_s=watch.remaining_s(),
                audio_s=window.audio_s,
                later_audio_s=audio_s,
                later_windows=windows,
                search=search,
                limit=limit,
                last_tokens=tried[-1].steps if tried else None,
                aligns=options.word_timestamps,
            ),
            self._costs,
        )

    def _attempt(
        self,
        encoder_output: Any,
        prompt: list[int],
        tokenizer: Any,
        options: Any,
        temperature: float,
        step: Go,
    ) -> Hypothesis:
        if step.narrowed:
            self._record.degrade(self._window, f"decoded with a beam of 1: {step.narrowed}")
        if temperature > 0:
            search = {
                "beam_size": 1,
                "num_hypotheses": step.search.width,
                "sampling_topk": 0,
                "sampling_temperature": temperature,
            }
        else:
            patience = 1.0 if step.narrowed else options.patience
            search = {"beam_size": step.search.width, "patience": patience}
        result, at_s, generate_s = self._timed(
            Phase.GENERATE,
            lambda: self.model.generate(
                encoder_output,
                [prompt],
                length_penalty=options.length_penalty,
                repetition_penalty=options.repetition_penalty,
                no_repeat_ngram_size=options.no_repeat_ngram_size,
                max_length=max_length(step.limit.tokens, len(prompt)),
                return_scores=True,
                return_no_speech_prob=True,
                suppress_blank=options.suppress_blank,
                suppress_tokens=options.suppress_tokens,
                max_initial_timestamp_index=round(
                    options.max_initial_timestamp / self.time_precision
                ),
                **search,
            )[0],
        )
        tokens = result.sequences_ids[0]
        text = tokenizer.decode(tokens).strip()
        avg_logprob = mean_logprob(result.scores[0], len(tokens), options.length_penalty)
        compression_ratio = get_compression_ratio(text)
        hypothesis = Hypothesis(
            result=result,
            text=text,
            temperature=temperature,
            tokens=len(tokens),
            steps=max(len(sequence) for sequence in result.sequences_ids),
            avg_logprob=avg_logprob,
            compression_ratio=compression_ratio,
            verdict=judge(avg_logprob, compression_ratio, result.no_speech_prob, options),
            cut_by=step.limit if len(tokens) >= step.limit.tokens else None,
        )
        self._costs.add_attempt(step.search, hypothesis.steps, generate_s)
        self._window.add_attempt(hypothesis, step.search.width, at_s, generate_s)
        return hypothesis

    def add_word_timestamps(self, *args: Any, **kwargs: Any) -> Any:
        """Align words as faster-whisper does."""
        last_speech_s, _, align_s = self._timed(
            Phase.ALIGN, lambda: WhisperModel.add_word_timestamps(self, *args, **kwargs)
        )
        self._window.align_s = align_s
        self._costs.add_alignment(align_s)
        return last_speech_s

    def _timed(self, phase: Phase, work: Callable[[], T]) -> tuple[T, float, float]:
        """What `work` yields, when it began, and the seconds it took."""
        clock = self._watch.clock
        at_s, before_s = clock.elapsed_s(), clock.spent_s(phase)
        with clock.within(phase):
            value = work()
        return value, at_s, clock.spent_s(phase) - before_s
