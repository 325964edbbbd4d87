"""Our decoding of a window against faster-whisper's, on results that no model need give."""

import time
from types import SimpleNamespace
from typing import Any

from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.core.request import AudioSource, Transcription
from sidecar.core.thrift import Thrift
from sidecar.core.timing import PhaseClock
from sidecar.worker.ladder import Costs
from sidecar.worker.record import Record
from sidecar.worker.speech import SpeechModel
from sidecar.worker.watch import Watch
from sidecar.worker.whisper import JobModel

results = st.builds(
    SimpleNamespace,
    sequences_ids=st.lists(st.lists(st.integers(256, 400), max_size=40), min_size=1, max_size=2),
    scores=st.lists(st.floats(-3, 0) | st.just(float("nan")), min_size=2, max_size=2),
    no_speech_prob=st.floats(0, 1),
)
thresholds = st.none() | st.floats(-2, 0)


class Scripted:
    """Stands for CTranslate2's model and gives the results it was told to."""

    is_multilingual = True

    def __init__(self, script: list[SimpleNamespace]) -> None:
        self._script = iter(script)
        self.asked: list[dict[str, Any]] = []

    def generate(self, *args: Any, **kwargs: Any) -> list[SimpleNamespace]:
        self.asked.append(kwargs)
        return [next(self._script)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    script=st.lists(results, min_size=4, max_size=4),
    temperatures=st.sampled_from([(0.0,), (0.0, 0.2, 0.4), (0.4, 0.8), (0.0, 0.2, 0.4, 1.0)]),
    compression_ratio_threshold=st.none() | st.floats(0.5, 3),
    log_prob_threshold=thresholds,
    no_speech_threshold=st.none() | st.floats(0, 1),
    length_penalty=st.floats(0, 2),
)
def test_a_window_is_decided_as_faster_whisper_decides_it(
    model: SpeechModel,
    script: list[SimpleNamespace],
    temperatures: tuple[float, ...],
    length_penalty: float,
    **limits: float | None,
) -> None:
    options = SimpleNamespace(
        beam_size=5, best_of=3, patience=1.5, repetition_penalty=1.1, no_repeat_ngram_size=2,
        max_new_tokens=None, max_initial_timestamp=1.0, suppress_blank=True,
        suppress_tokens=(1, 2), temperatures=temperatures, clip_timestamps=[0.0],
        word_timestamps=False, length_penalty=length_penalty, **limits,
    )  # fmt: skip
    loaded = model._model
    tokenizer = Tokenizer(loaded.hf_tokenizer, True, task="transcribe", language="en")
    watch = Watch(
        clock=PhaseClock(time.perf_counter),
        check=lambda: None,
        remaining_s=lambda: 1e9,
        on_window=lambda done_s: None,
        thrift=Thrift(bound_tokens=False, stop_loops=False),
    )
    record = Record(lambda seconds, is_end: seconds)
    ours, theirs = Scripted(script), Scripted(script)
    job_model: Any = JobModel(loaded, watch, record, Costs(), Transcription(AudioSource()))
    job_model.model = ours
    job_model._window = record.open_window(0.0, 30.0, 0.0)
    job_model._window.add_encoding(30.0, 0.1)
    original = SimpleNamespace(
        model=theirs, max_length=448, time_precision=0.02, logger=loaded.logger
    )

    kept = job_model.generate_with_fallback(None, [1, 2, 3], tokenizer, options)
    expected = WhisperModel.generate_with_fallback(original, None, [1, 2, 3], tokenizer, options)

    assert kept[0] is expected[0]
    assert repr(kept[1:]) == repr(expected[1:])
    assert ours.asked == theirs.asked
    attempts = record.windows()[0].attempts
    assert len(attempts) == len(theirs.asked)
    rejected = [a for a in attempts if a.verdict.startswith(("compression_ratio", "avg_logprob"))]
    assert all(attempt in rejected for attempt in attempts[:-1])
