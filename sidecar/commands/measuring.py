"""Transcribing the same files again and again, and taking notes."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import product
from platform import python_version

import psutil
from msgspec import Struct, structs

from sidecar.commands.inputs import Input
from sidecar.commands.inspection import inspect
from sidecar.commands.job import Wanted
from sidecar.commands.machine import gpus, processor, system
from sidecar.commands.memory import PeakMemory
from sidecar.commands.output import complain
from sidecar.commands.progress import ProgressLine, shortened
from sidecar.commands.report import NAME_LENGTH
from sidecar.commands.run import Run
from sidecar.core.errors import SidecarError
from sidecar.core.ipc import ModelSpec
from sidecar.core.job import Job
from sidecar.core.reply import Failure, Outcome, TranscribeResult
from sidecar.report.bench.errors import ErrorRates, error_rates
from sidecar.report.bench.result import BenchResult, Machine, Measured, Row, Setup
from sidecar.report.decoding import fallbacks
from sidecar.serve.arguments import Arguments
from sidecar.serve.log import JsonLog
from sidecar.version import VERSION

VARIED = frozenset(("model", "model_path", "cpu_threads", "beam_size", "workers", "standby"))
"""Settings that a bench has its own say on."""
PRIVATE = frozenset(("models_dir", "log_file", "log_level", "allow_dir"))
"""Settings that change nothing, and would tell of this machine's folders."""
LIBRARIES = ("faster-whisper", "ctranslate2")


class Plan(Struct, frozen=True):
    """What is to be measured."""

    inputs: Sequence[Input]
    references: Mapping[str, str]
    models: Sequence[ModelSpec]
    """With their threads."""
    beam_sizes: Sequence[int]
    rounds: int


def setups_of(models: Sequence[ModelSpec], threads: Sequence[int]) -> Sequence[ModelSpec]:
    """Every model with every number of threads."""
    return [
        structs.replace(model, cpu_threads=number) for model, number in product(models, threads)
    ]


class Notes:
    """What is known of one file in one setup."""

    def __init__(self) -> None:
        self.runs: list[Measured] = []
        self.failures: list[str] = []
        self.last: TranscribeResult | None = None


class Measuring:
    """Does the rounds of a plan; it watches its own jobs."""

    def __init__(self, given: Arguments, plan: Plan, log: JsonLog, line: ProgressLine) -> None:
        self._plan = plan
        self._log = log
        self._line = line
        self._settings = structs.replace(given.settings, workers=1, standby="off")
        self._changed = {
            name: str(source.value)
            for name, source in given.sources.items()
            if source.source != "default" and name not in VARIED | PRIVATE
        }
        self._wanted = structs.replace(Wanted.of(given), profile=True)
        self._notes = {
            (each.name, setup): Notes() for each in plan.inputs for setup in self._setups()
        }
        self._counts: dict[str, tuple[str, Setup]] = {}
        """The jobs that count, by their ids."""
        self._first_s: dict[str, float] = {}
        self._hopeless: set[ModelSpec] = set()
        self._last: Run | None = None
        self._said: set[str] = set()
        self._watching = ExitStack()
        self._memory = PeakMemory(None)

    @property
    def ended_by(self) -> int | None:
        """The signal that ended it, if one did."""
        return self._last.ended_by if self._last else None

    def run(self) -> None:
        """All rounds, or as many as there are until a signal comes."""
        for number, model in product(range(self._plan.rounds), self._plan.models):
            if self.ended_by is not None:
                return
            if model not in self._hopeless:
                self._line.say(f"round {number + 1}: loading {model.name}")
                self._run_round(model)

    def _run_round(self, model: ModelSpec) -> None:
        first = self._plan.inputs[0]
        jobs = [partial(self._wanted.job, first)]
        jobs += [
            partial(self._job, each, model, beam_size)
            for each, beam_size in product(self._plan.inputs, self._plan.beam_sizes)
        ]
        self._last = run = Run(self._settings, self._log, jobs, self)
        with self._watching:
            run.run(model)
        if run.problem is not None:
            self._hopeless.add(model)
            self._say(model.name, run.problem)
            for key, notes in self._notes.items():
                if key[1] in self._setups([model]):
                    notes.failures.append(run.problem.kind)

    def _job(self, given: Input, model: ModelSpec, beam_size: int) -> Job:
        settings = structs.replace(self._settings, beam_size=beam_size)
        job = structs.replace(self._wanted, settings=settings).job(given)
        self._counts[job.job_id] = given.name, _setup(model, beam_size)
        assert self._last is not None
        self._memory = self._watching.enter_context(PeakMemory(self._last.worker_pid))
        return job

    def progressed(self, job: Job) -> None:
        """Note when the first segment came."""
        if job.decoded and job.job_id not in self._first_s:
            self._first_s[job.job_id] = time.monotonic() - job.received_at_s
        self._line.show(job.trace_id, job)

    def answered(self, job: Job, outcome: Outcome) -> None:
        """Note what it took."""
        self._watching.close()
        if isinstance(outcome, Failure):
            self._say(job.trace_id, outcome.error)
        key = self._counts.get(job.job_id)
        if key is None:
            return
        notes = self._notes[key]
        if isinstance(outcome, Failure):
            notes.failures.append(outcome.error.kind)
            return
        windows = outcome.windows or []
        notes.last = outcome
        notes.runs.append(
            Measured(
                latency_s=outcome.timings.total_s,
                first_segment_s=self._first_s.get(job.job_id),
                fallbacks=fallbacks(windows),
                peak_bytes=self._memory.peak_bytes or 0,
                degraded=outcome.degraded,
                text=outcome.text,
            )
        )

    def _say(self, name: str, error: SidecarError) -> None:
        """What went wrong, once: rounds repeat it."""
        sentence = f"{shortened(name, NAME_LENGTH)}: {error.message}"
        if sentence not in self._said:
            self._said.add(sentence)
            self._line.clear()
            complain(sentence)

    def result(self) -> BenchResult:
        """Everything so far."""
        memory = psutil.virtual_memory().total
        cores = psutil.cpu_count(logical=False) or 0
        return BenchResult(
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=Machine(system(), processor()[0], cores, memory, gpus()),
            versions={"asr-sidecar": VERSION, **self._versions(), "Python": python_version()},
            settings=self._changed,
            rows=[self._row(*key, notes) for key, notes in self._notes.items()],
            interrupted=self.ended_by is not None,
        )

    def _row(self, name: str, setup: Setup, notes: Notes) -> Row:
        last, reference = notes.last, self._plan.references.get(name)
        rates = ErrorRates(None, None)
        if last is not None and reference is not None:
            rates = error_rates(reference, [run.text for run in notes.runs], last.language)
        return Row(
            file=name,
            setup=setup,
            duration_s=last.duration_s if last else 0.0,
            device=last.model.device if last else "",
            compute_type=last.model.compute_type if last else "",
            runs=notes.runs,
            failures=notes.failures,
            word_error_rate=rates.words,
            character_error_rate=rates.characters,
        )

    def _setups(self, models: Sequence[ModelSpec] | None = None) -> Iterator[Setup]:
        for model, beam_size in product(models or self._plan.models, self._plan.beam_sizes):
            yield _setup(model, beam_size)

    def _versions(self) -> Mapping[str, str]:
        self._line.say("asking the libraries for their versions")
        found = inspect(self._settings.device)
        return {each.name: each.text for each in found if each.name in LIBRARIES}


def _setup(model: ModelSpec, beam_size: int) -> Setup:
    return Setup(model.name, model.cpu_threads, beam_size)
