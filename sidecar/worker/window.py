"""Decoding one window: attempt after attempt, within the time and the tokens there are."""

from collections.abc import Callable
from typing import Any

from faster_whisper.transcribe import get_compression_ratio
from msgspec import Struct

from sidecar.core.timing import Phase
from sidecar.worker.attempt import TIME_S, Attempt, Circumstances, weigh
from sidecar.worker.context import later_context_s
from sidecar.worker.course import Trial, best, following
from sidecar.worker.hypothesis import Hypothesis, Kept
from sidecar.worker.ladder import (
    WINDOW_S,
    Costs,
    Go,
    Prospect,
    Search,
    Stop,
    next_step,
    still_to_decode,
)
from sidecar.worker.loops import without_loop
from sidecar.worker.record import Record, WindowRecord
from sidecar.worker.tokens import first_look, token_limit
from sidecar.worker.watch import Watch


class WindowDecoder(Struct, frozen=True):
    """One window and all that decoding it needs."""

    generate: Callable[..., Any]
    encode_again: Callable[[], Any]
    """Encodes all of the window, where the encoder saw a part of it."""
    tokenizer: Any
    options: Any
    prompt: list[int]
    window: WindowRecord
    content_s: float
    """Seconds of all the audio."""
    fits: bool
    watch: Watch
    record: Record
    costs: Costs

    def decode(self, output: Any) -> tuple[Any, float, float, float]:
        """What faster-whisper's `generate_with_fallback` gives, from the encoder's output.

        The result is CTranslate2's, or a `Kept`; then its average log-probability, the last
        temperature, and the compression ratio.
        """
        fit = self.window.context_s < WINDOW_S
        trial: Trial | None = Trial(0, fit, self.watch.thrift.stop_loops)
        trials: list[Trial] = []
        tried: list[Hypothesis] = []
        in_time = True
        while trial and in_time:
            step = self._next_step(trial, trials, tried)
            if isinstance(step, Stop):
                self._drop(trial, trials[-1], step)
                in_time = False
                continue
            self.watch.check()
            if fit and not trial.fit:
                self.record.repeat(self.window, tried[-1])
                output, fit = self.encode_again(), False
            trials.append(trial)
            tried.append(self._attempt(output, trial, step))
            trial = following(trial, tried[-1], len(self.options.temperatures))
        return self._keep(trials, tried, in_time=in_time)

    def _drop(self, trial: Trial, last: Trial, step: Stop) -> None:
        if last.fit and not trial.fit:
            what = f"not decoded again with the full window, {step.because}"
            self.record.degrade(self.window, what)
        else:
            left = self.options.temperatures[trial.rung :]
            self.record.drop(self.window, left, step.because)

    def _next_step(self, trial: Trial, trials: list[Trial], tried: list[Hypothesis]) -> Go | Stop:
        options, window, watch = self.options, self.window, self.watch
        samples = options.temperatures[trial.rung] > 0
        search = Search(options.best_of if samples else options.beam_size, samples)
        audio_s = window.audio_s if watch.thrift.bound_tokens else None
        limit = token_limit(len(self.prompt), options.max_new_tokens, audio_s)
        if not watch.thrift.degrade:
            return Go(search, limit)
        windows, later_s = still_to_decode(options.clip_timestamps, window.end_s, self.content_s)
        last = tried[-1] if trial.rung or (trials and trials[-1].fit != trial.fit) else None
        looped = last is not None and last.loop is not None
        return next_step(
            Prospect(
                remaining_s=watch.remaining_s(),
                audio_s=window.audio_s,
                later_audio_s=later_s,
                later_windows=windows,
                later_context_s=later_context_s(windows, later_s, fit=self.fits),
                search=search,
                limit=limit,
                last_tokens=last.steps if last else None,
                aligns=options.word_timestamps,
                encodes_s=WINDOW_S if trials and trials[-1].fit and not trial.fit else 0.0,
                attempts=len(options.temperatures) - trial.rung if looped else 1,
            ),
            self.costs,
        )

    def _attempt(self, output: Any, trial: Trial, step: Go) -> Hypothesis:
        window, options = self.window, self.options
        if step.narrowed:
            self.record.degrade(window, f"decoded with a beam of 1: {step.narrowed}")
        hurried = step.narrowed or step.limit.is_time
        expected = self.costs.tokens_in(window.audio_s)
        attempt = Attempt(
            temperature=options.temperatures[trial.rung],
            search=step.search,
            limit=step.limit,
            look=first_look(window.audio_s, expected, step.limit.tokens)
            if trial.look and not hurried
            else None,
            patience=1.0 if step.narrowed else options.patience,
        )
        arguments = attempt.arguments(len(self.prompt), options)
        (result,), at_s, generate_s = self.watch.timed(
            Phase.GENERATE, lambda: self.generate(output, [self.prompt], **arguments)
        )
        around = Circumstances(window.context_s, trial.fit, self.watch.thrift.stop_loops)
        hypothesis = weigh(attempt, result, self.tokenizer, options, around)
        self.costs.add_attempt(step.search, hypothesis.steps, generate_s)
        window.add_attempt(hypothesis, step.search.width, attempt.tokens, at_s, generate_s)
        return hypothesis

    def _keep(
        self, trials: list[Trial], tried: list[Hypothesis], *, in_time: bool
    ) -> tuple[Any, float, float, float]:
        kept = best(trials, tried)
        if kept.verdict.accepted:
            self.costs.add_text(kept.tokens, self.window.audio_s)
        result, compression_ratio = kept.result, kept.compression_ratio
        if kept.loop and not kept.verdict.accepted and (kept.ended_early or not in_time):
            times_from = self.tokenizer.timestamp_begin
            end = times_from + round(self.window.audio_s / TIME_S)
            tokens = without_loop(result.sequences_ids[0], kept.loop, times_from, end)
            result = Kept((tokens,), result.no_speech_prob)
            compression_ratio = get_compression_ratio(self.tokenizer.decode(tokens).strip())
            self.record.cut_loop(self.window, tried.index(kept), kept.loop)
        else:
            self.record.keep(self.window, kept)
        return result, kept.avg_logprob, tried[-1].temperature, compression_ratio
