"""One job: decode the audio, find the speech, transcribe it, each under its phase."""

import time
from collections.abc import Callable
from functools import partial

from sidecar.audio.decode import DecodedAudio, decode_audio
from sidecar.audio.pcm import SAMPLE_RATE_HZ
from sidecar.audio.vad import Speech, TimeMap, detect_speech
from sidecar.core.errors import Cancelled, JobTimeout
from sidecar.core.ipc import Decoded, Done, Profiled, Progress, Run
from sidecar.core.result import Span, Transcript
from sidecar.core.timing import Phase, PhaseClock
from sidecar.worker.link import Send
from sidecar.worker.speech import Decoding, SpeechModel


class Pipeline:
    """One job on its way through the phases."""

    def __init__(
        self,
        run: Run,
        send: Send,
        is_cancelled: Callable[[str], bool],
        on_deadline: Callable[[], None],
    ) -> None:
        self._run = run
        self._send = send
        self._is_cancelled = is_cancelled
        self._on_deadline = on_deadline
        self._profile = run.transcription.profile
        self._windows_told = 0
        self._iterating_since_s: float | None = None
        self._duration_s = 0.0
        self._covered_s = 0.0
        self._decoding: Decoding | None = None
        self._reported: Phase | None = None
        self.clock = PhaseClock(
            time.monotonic,
            self._entered,
            origin_s=run.received_at_s,
            keeps_spans=self._profile,
        )

    def deadline(self) -> tuple[float, str]:
        """When (monotonic seconds) which budget runs out."""
        total_at_s = self._run.received_at_s + self._run.total.limit_s(self._duration_s)
        if self._iterating_since_s is not None:
            limit_s = self._run.segments.limit_s(self._duration_s)
            if self._iterating_since_s + limit_s < total_at_s:
                return self._iterating_since_s + limit_s, "segments"
        return total_at_s, "total"

    def kill_at_s(self, rss_bytes: int) -> float:
        """When the parent begins to kill a worker of this size."""
        return self.deadline()[0] - self._run.kill.lead_s(rss_bytes)

    def transcribe(self, model: SpeechModel, payload: bytes) -> Done:
        """Do the job; segments are sent as they are decoded.

        Raises `SidecarError`s, `Cancelled` and `JobTimeout` among them.
        """
        try:
            return self._transcribe(model, payload)
        finally:
            self._tell_profile()

    def _transcribe(self, model: SpeechModel, payload: bytes) -> Done:
        job = self._run.transcription
        with self.clock.within(Phase.DECODE):
            audio = decode_audio(job.audio, payload, self._run.limits, self._check)
            self._duration_s = audio.duration_s
            self._on_deadline()
        with self.clock.within(Phase.VAD):
            speech = detect_speech(audio.samples, job.vad, self._check)
        if speech == ():
            engine = type(job.vad).__struct_config__.tag
            return self._done(audio, (), 0.0, [f"no speech was found by {engine}"])
        return self._decode(model, audio, speech)

    def _decode(
        self, model: SpeechModel, audio: DecodedAudio, speech: tuple[Speech, ...] | None
    ) -> Done:
        job = self._run.transcription
        with self.clock.within(Phase.VAD):
            times = TimeMap(speech) if speech else None
            samples = times.cut(audio.samples) if times else audio.samples
        to_input_s = _identity if times is None else partial(_through, times)
        self._decoding = decoding = model.transcribe(
            samples,
            job,
            clock=self.clock,
            check=self._check,
            remaining_s=self._remaining_s,
            to_input_s=to_input_s,
            on_window=self._on_window,
            stretches=[each.end_sample - each.start_sample for each in speech or ()],
        )
        for segment in decoding:
            with self.clock.within(Phase.SEGMENTS):
                self._send(Decoded(self._run.job_id, segment))
        return self._done(audio, speech, len(samples) / SAMPLE_RATE_HZ, list(decoding.warnings))

    def _done(
        self,
        audio: DecodedAudio,
        speech: tuple[Speech, ...] | None,
        duration_after_vad_s: float,
        warnings: list[str],
    ) -> Done:
        decoding = self._decoding
        return Done(
            self._run.job_id,
            Transcript(
                text="",
                language=decoding.language if decoding else self._run.transcription.language,
                language_probability=decoding.language_probability if decoding else None,
                language_probabilities=decoding.language_probabilities if decoding else {},
                segments=(),
                duration_s=audio.duration_s,
                speech=None if speech is None else tuple(map(_span, speech)),
                duration_after_vad_s=duration_after_vad_s,
                timings=self.clock.timings(),
                warnings=(*audio.warnings, *warnings),
                degraded=decoding.degraded if decoding else False,
            ),
        )

    def _remaining_s(self) -> float:
        return self.deadline()[0] - time.monotonic()

    def _check(self) -> None:
        if self._is_cancelled(self._run.job_id):
            raise Cancelled("the request was cancelled")
        at_s, budget = self.deadline()
        if time.monotonic() >= at_s:
            limits = self._run.segments if budget == "segments" else self._run.total
            limit_s = limits.limit_s(self._duration_s)
            raise JobTimeout(
                f"the {budget} budget of {limit_s:g} s ran out", budget=budget, budget_s=limit_s
            )

    def _on_window(self, covered_s: float) -> None:
        self._covered_s = covered_s
        self._report(self.clock.phase or Phase.SEGMENTS)

    def _entered(self, phase: Phase) -> None:
        if phase is Phase.SEGMENTS and self._iterating_since_s is None:
            self._iterating_since_s = time.monotonic()
            self._on_deadline()
        if phase is not self._reported:
            self._report(phase)
        self._tell_profile()

    def _tell_profile(self) -> None:
        """Send what is new; the windows of the last batch may have gained an attempt."""
        if not self._profile:
            return
        spans = self.clock.take_spans()
        first = max(0, self._windows_told - self._run.transcription.options.batch_size)
        windows = self._decoding.windows_from(first) if self._decoding else ()
        running = self.clock.open_spans()
        self._windows_told = first + len(windows)
        self._send(Profiled(self._run.job_id, spans, running, windows, first))

    def _report(self, phase: Phase) -> None:
        self._reported = phase
        language = self._decoding.language if self._decoding else None
        self._send(
            Progress(
                self._run.job_id,
                phase,
                self.clock.timings(),
                self._duration_s,
                self._covered_s,
                language,
            )
        )


def _identity(seconds: float, is_end: bool) -> float:
    return seconds


def _through(times: TimeMap, seconds: float, is_end: bool) -> float:
    return times.to_input_s(seconds, is_end=is_end)


def _span(speech: Speech) -> Span:
    return Span(speech.start_sample / SAMPLE_RATE_HZ, speech.end_sample / SAMPLE_RATE_HZ)
