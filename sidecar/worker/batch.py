"""faster-whisper's batched pipeline, opened up where its time goes."""

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import Any

from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.transcribe import get_compression_ratio

from sidecar.core.request import Transcription
from sidecar.core.result import Attempt
from sidecar.core.timing import Phase
from sidecar.worker.chunks import Chunk
from sidecar.worker.hypothesis import finite
from sidecar.worker.ladder import WINDOW_S, Costs, Go, Prospect, Search, next_step
from sidecar.worker.record import LOWEST_LOGPROB, Record, WindowRecord
from sidecar.worker.tokens import max_length, token_limit
from sidecar.worker.views import Features, Native
from sidecar.worker.watch import Watch
from sidecar.worker.whisper import JobModel


class BatchModel(JobModel):
    """A view of a loaded model for one job, decoding several chunks of its audio at a time.

    Each chunk is decoded once and its text taken as it is: the pipeline has no fallbacks. The
    job is checked before each batch is encoded, and before it is decoded.
    """

    def __init__(
        self,
        loaded: Any,
        watch: Watch,
        record: Record,
        costs: Costs,
        job: Transcription,
        chunks: Sequence[Chunk],
    ) -> None:
        super().__init__(loaded, watch, record, costs, job)
        self.model = _Generating(self.model, self._generate)
        self._options = job.options
        self._chunks = chunks
        self._begun = 0
        self.windows: list[WindowRecord] = []
        """Of the batch under way."""
        self._native = loaded.model
        self._step = Go(Search(1), token_limit(0, None, None))
        self._at_s = 0.0
        self._generate_s = 0.0

    def transcribe(self, audio: Any, **arguments: Any) -> tuple[Iterator[Any], Any]:
        """As `WhisperModel.transcribe`, by `BatchedInferencePipeline`."""
        clips = [{"start": chunk.start_s, "end": chunk.end_s} for chunk in self._chunks]
        arguments |= {"clip_timestamps": clips, "batch_size": self._options.batch_size}
        segments, info = _Pipeline(self).transcribe(audio, **arguments)
        return _with_text(segments), info

    def encode(self, features: Features) -> Any:
        """Encode a batch of chunks, or a window for language detection."""
        if features.ndim == 2:
            return super().encode(features)
        self._watch.check()
        batch = self._chunks[self._begun : self._begun + len(features)]
        self._begun += len(batch)
        self._watch.on_window(batch[0].start_s)
        output, at_s, encode_s = self._watch.timed(
            Phase.ENCODE, lambda: WhisperModel.encode(self, features)
        )
        self._costs.add_encoding(WINDOW_S * len(batch), encode_s)
        self.windows = []
        for chunk in batch:
            window = self._record.open_window(chunk.start_s, chunk.end_s, at_s)
            window.add_encoding(WINDOW_S, encode_s / len(batch))
            self.windows.append(window)
        return output

    def _generate(
        self, output: Any, prompts: list[list[int]], *, beam_size: int, **arguments: Any
    ) -> Any:
        """CTranslate2's `generate`, within the time and the tokens there are."""
        self._watch.check()
        self._step = step = self._next_step(len(prompts[0]), Search(beam_size * len(prompts)))
        if step.narrowed:
            beam_size, arguments["patience"] = 1, 1.0
            for window in self.windows:
                self._record.degrade(window, f"decoded with a beam of 1: {step.narrowed}")
        arguments["max_length"] = max_length(step.limit.tokens, len(prompts[0]))
        arguments["beam_size"] = beam_size
        results, self._at_s, self._generate_s = self._watch.timed(
            Phase.GENERATE, lambda: self._native.generate(output, prompts, **arguments)
        )
        steps = max(len(result.sequences_ids[0]) for result in results)
        self._costs.add_attempt(Search(beam_size * len(prompts)), steps, self._generate_s)
        return results

    def _next_step(self, prompt_tokens: int, search: Search) -> Go:
        longest_s = max(window.audio_s for window in self.windows)
        audio_s = longest_s if self._watch.thrift.bound_tokens else None
        limit = token_limit(prompt_tokens, self._options.max_new_tokens, audio_s)
        if not self._watch.thrift.degrade:
            return Go(search, limit)
        size, later = self._options.batch_size, self._chunks[self._begun :]
        prospect = Prospect(
            remaining_s=self._watch.remaining_s(),
            audio_s=longest_s,
            later_audio_s=sum(
                max(chunk.audio_s for chunk in later[first : first + size])
                for first in range(0, len(later), size)
            ),
            later_windows=ceil(len(later) / size),
            later_context_s=WINDOW_S * len(later),
            search=search,
            limit=limit,
            last_tokens=None,
            aligns=self._options.word_timestamps,
        )
        step = next_step(prospect, self._costs)
        assert isinstance(step, Go)
        return step

    def note(self, outputs: Sequence[dict[str, Any]], tokenizer: Any) -> None:
        """Record what came of a batch: its time is shared out equally."""
        limit, narrowed = self._step.limit, self._step.narrowed
        for window, output in zip(self.windows, outputs, strict=True):
            tokens = output["tokens"]
            window.attempts.append(
                Attempt(
                    at_s=self._at_s,
                    temperature=0.0,
                    beam_size=1 if narrowed else self._options.beam_size,
                    context_s=window.context_s,
                    tokens=len(tokens),
                    max_tokens=limit.tokens,
                    generate_s=self._generate_s / len(outputs),
                    avg_logprob=finite(output["avg_logprob"], LOWEST_LOGPROB),
                    compression_ratio=get_compression_ratio(tokenizer.decode(tokens).strip()),
                    verdict="not judged",
                )
            )
            self._costs.add_text(len(tokens), window.audio_s)
            if len(tokens) >= limit.tokens:
                self._record.cut(window, len(tokens), limit)

    def add_word_timestamps(self, *args: Any, **kwargs: Any) -> Any:
        """Align words as faster-whisper does, for a whole batch."""
        last_speech_s = super().add_word_timestamps(*args, **kwargs)
        for window in self.windows:
            window.align_s = self._window.align_s / len(self.windows)
        return last_speech_s


class _Pipeline(BatchedInferencePipeline):  # type: ignore[misc]  # untyped
    """The pipeline, telling what came of each batch."""

    def generate_segment_batched(self, features: Any, tokenizer: Any, options: Any) -> Any:
        output, outputs = super().generate_segment_batched(features, tokenizer, options)
        self.model.note(outputs, tokenizer)
        return output, outputs


class _Generating:
    """CTranslate2's model, with a `generate` of our own."""

    def __init__(self, native: Native, generate: Callable[..., Any]) -> None:
        self._native = native
        self.generate = generate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._native, name)


def _with_text(segments: Iterator[Any]) -> Iterator[Any]:
    """Only those that say something, counted anew; as `WhisperModel` yields them."""
    number = 0
    for segment in segments:
        if segment.text.strip():
            number += 1
            segment.id = number
            yield segment
