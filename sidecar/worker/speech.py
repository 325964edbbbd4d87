"""The speech model of a worker: loaded once, transcribing one job at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np

from sidecar.core.errors import OutOfMemory
from sidecar.core.request import OWN_OPTIONS, DecodingOptions, Transcription
from sidecar.core.result import ModelInfo, Segment, Window
from sidecar.core.thrift import Thrift
from sidecar.core.timing import Phase, PhaseClock
from sidecar.worker.batch import BatchModel
from sidecar.worker.chunks import gather
from sidecar.worker.ladder import Costs
from sidecar.worker.load import is_out_of_memory, load_model
from sidecar.worker.options import Vocabulary, ignored, refuse_impossible
from sidecar.worker.record import Record
from sidecar.worker.segments import ToInput, to_segment
from sidecar.worker.watch import Watch
from sidecar.worker.whisper import JobModel, first_inference

Samples = np.ndarray[Any, np.dtype[np.float32]]
"""Audio as the model takes it: mono, 16 kHz, float32 from -1 to 1."""

_FRAME_SAMPLES = 160
_TIMESTAMPS = 1501
"""0.00 to 30.00 s by 0.02 s."""


def _same(seconds: float, is_end: bool) -> float:
    return seconds


def _nothing(*args: object) -> None:
    pass


class SpeechModel:
    """A loaded Whisper model. It learns what decoding costs from the jobs it does."""

    def __init__(self, model: Any, info: ModelInfo, thrift: Thrift = Thrift()) -> None:  # noqa: B008 (frozen)
        self.info = info
        self._model = model
        self._thrift = thrift
        self._costs = Costs()
        self._vocabulary = _vocabulary_of(model)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        name: str | None = None,
        device: str = "auto",
        compute_type: str = "default",
        cpu_threads: int = 0,
        thrift: Thrift = Thrift(),  # noqa: B008 (frozen)
    ) -> Self:
        """Load as `load_model` does. `thrift`: what to spare."""
        model, info = load_model(
            path, name=name, device=device, compute_type=compute_type, cpu_threads=cpu_threads
        )
        return cls(model, info, thrift)

    def warm_up(self) -> None:
        """Run one inference, so that the first job is not the slower one."""
        with _translated_errors():
            first_inference(self._model)

    def transcribe(
        self,
        samples: Samples,
        job: Transcription,
        *,
        clock: PhaseClock,
        check: Callable[[], None] = _nothing,
        remaining_s: Callable[[], float] = lambda: float("inf"),
        to_input_s: ToInput = _same,
        on_window: Callable[[float], None] = _nothing,
        stretches: Sequence[int] = (),
    ) -> "Decoding":
        """Extract features and detect the language; iterating over the result decodes.

        `check` is called before each encoder pass, each attempt and each segment, and may raise
        to end the job. `remaining_s` is the time left for the decoding. `on_window` is told,
        before each window and at the end, how many seconds of the input audio are done with.
        `stretches` are the lengths, in samples, of the speech that was joined to make `samples`,
        which a batch is cut from; without any it is one.

        Raises InvalidParams and OutOfMemory, and whatever `check` raises. One job at a time.
        """
        refuse_impossible(job, self._vocabulary)
        record = Record(to_input_s)
        for warning in ignored(job, self._vocabulary, len(samples) / 16_000):
            record.warn(warning)
        watch = Watch(
            clock=clock,
            check=check,
            remaining_s=remaining_s,
            on_window=lambda done_s: on_window(round(to_input_s(done_s, False), 3)),
            thrift=self._thrift,
        )
        shared = self._model, watch, record, self._costs, job
        if job.options.batch_size > 1:
            model: JobModel = BatchModel(*shared, gather(samples, stretches or (len(samples),)))
        else:
            model = JobModel(*shared)
        return Decoding(model, samples, job, watch, record, to_input_s)


class Decoding(Iterator[Segment]):
    """A job being decoded: yields its segments; what it has found out is readable at any time.

    `language_probability` is the model's raw probability of `language`, also where `languages`
    kept it from choosing a more probable one; `language_probabilities` has all languages the
    model knows. With a given language nothing is detected: 1.0 and {}. Time spent between the
    segments, by whoever iterates, is not attributed to a phase here.
    """

    def __init__(
        self,
        model: JobModel,
        samples: Samples,
        job: Transcription,
        watch: Watch,
        record: Record,
        to_input_s: ToInput,
    ) -> None:
        self._watch = watch
        self._record = record
        self._to_input_s = to_input_s
        self._model: JobModel | None = model
        self._profile = job.profile
        self._multilingual = job.options.multilingual
        self._end_s = len(samples) / 16_000
        self.language: str | None = job.language
        self.language_probability: float | None = None
        self.language_probabilities: dict[str, float] = {}
        self._segments: Iterator[Any] = iter(())
        if len(samples) < _FRAME_SAMPLES:
            record.warn("the audio is shorter than 10 ms: there is nothing to decode")
            return
        watch.check()
        with watch.clock.within(Phase.FEATURES), _translated_errors():
            self._segments, info = model.transcribe(samples, **_arguments(job, model))
        self.language = info.language
        self.language_probability = float(info.language_probability)
        self.language_probabilities = model.model.probabilities

    @property
    def warnings(self) -> tuple[str, ...]:
        """What had no effect, was cut or left out, so far."""
        return self._record.warnings

    @property
    def degraded(self) -> bool:
        """Whether less was done than was asked for, to be done in time; `warnings` say what."""
        return self._record.degraded

    @property
    def windows(self) -> tuple[Window, ...] | None:
        """The windows so far and what was spent on them; None unless the job asked for them."""
        return self._record.windows() if self._profile else None

    def windows_from(self, first: int) -> tuple[Window, ...]:
        """The windows so far, from the index `first` on."""
        return self._record.windows(first)

    def __next__(self) -> Segment:
        with self._watch.clock.within(Phase.SEGMENTS), _translated_errors():
            segment = next(self._segments, None)
        if segment is None:
            self._end()
            raise StopIteration
        self._watch.check()
        return to_segment(segment, self._to_input_s)

    def _end(self) -> None:
        if self._model is None:
            return
        languages = list(dict.fromkeys(self._model.model.detected))
        if len(languages) > 1 and self._multilingual:
            self._record.warn(f"languages detected window by window: {', '.join(languages)}")
        self._model = None
        self._segments = iter(())
        self._watch.on_window(self._end_s)


def _arguments(job: Transcription, model: JobModel) -> dict[str, Any]:
    """The job as arguments of `WhisperModel.transcribe`; options keep their names."""
    names = (name for name in DecodingOptions.__struct_fields__ if name not in OWN_OPTIONS)
    options = {name: getattr(job.options, name) for name in names}
    is_multilingual = model.model.is_multilingual
    return options | {
        "language": job.language if is_multilingual else "en",
        "task": job.task,
        "multilingual": job.options.multilingual and is_multilingual,
        "suppress_tokens": list(job.options.suppress_tokens),
        "clip_timestamps": list(job.options.clip_timestamps) or [0.0],
    }


def _vocabulary_of(model: Any) -> Vocabulary:
    tokenizer = model.hf_tokenizer
    return Vocabulary(
        is_multilingual=model.model.is_multilingual,
        # faster-whisper lists "yue" for every model, and gives none a language it has no token for
        languages=frozenset(
            code
            for code in model.supported_languages
            if tokenizer.token_to_id(f"<|{code}|>") is not None
        ),
        # the timestamps follow, whether or not tokenizer.json lists them
        size=tokenizer.token_to_id("<|notimestamps|>") + 1 + _TIMESTAMPS,
        count_tokens=lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids),
    )


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise OutOfMemory("the memory ran out while decoding") from error
        raise
