"""`asr-sidecar doctor`: what this machine has, and whether it transcribes."""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial

from sidecar.commands import probes
from sidecar.commands.exit import ExitCode, of_signal
from sidecar.commands.finding import Diagnosis, Finding, line_of
from sidecar.commands.inspection import inspect
from sidecar.commands.machine import machine
from sidecar.commands.output import complain, quiet_log, write
from sidecar.commands.progress import ProgressLine, stderr_line
from sidecar.commands.run import Run, said_of_signal
from sidecar.core.errors import ModelUnavailable
from sidecar.core.ipc import ModelSpec
from sidecar.core.job import Job
from sidecar.core.reply import Failure, Outcome, TranscribeResult
from sidecar.models import SELFTEST
from sidecar.serve.arguments import parse
from sidecar.serve.log import JsonLog
from sidecar.serve.sample import sample, sample_job
from sidecar.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Say what is there and what works; the exit code."""
    parser = argparse.ArgumentParser(
        prog="asr-sidecar doctor",
        usage="asr-sidecar doctor [options]",
        description="Say what this machine has, and transcribe the built-in sample with the "
        "configured model, or with the built-in one. Exit code 0: all that is needed works.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument("--inspect", metavar="DEVICE", help=argparse.SUPPRESS)
    given = parse(parser, arguments)
    if given.options.inspect:
        return probes.main(given.options.inspect)
    try:
        log = quiet_log(given)
    except OSError as error:
        complain(f"--log-file: {error}")
        return ExitCode.BAD_USAGE
    line = stderr_line(wanted=not given.on_command_line("log_level"))
    visit = Visit(given.settings, log, line)
    findings = []
    for finding in visit.findings():
        if visit.ended_by is not None:
            break
        findings.append(finding)
        if not given.options.json:
            visit.line.clear()
            write(line_of(finding).encode("utf-8", "replace") + b"\n")
    visit.line.clear()
    if visit.ended_by is not None:
        complain(said_of_signal(visit.ended_by))
        return of_signal(visit.ended_by)
    diagnosis = Diagnosis.of(findings)
    if given.options.json:
        write(diagnosis.encoded())
    return ExitCode.DONE if diagnosis.ok else ExitCode.FAILED


class Visit:
    """One examination of this machine; it watches its own job."""

    def __init__(self, settings: Settings, log: JsonLog, line: ProgressLine) -> None:
        self.line = line
        self.ended_by: int | None = None
        """The signal that ended it, if one did."""
        self._settings = settings
        self._log = log
        self._outcome: Outcome | None = None

    def findings(self) -> Iterator[Finding]:
        """Everything, in the order in which it is found."""
        yield from machine(self._settings.cpu_threads)
        self.line.say("trying the libraries")
        yield from inspect(self._settings.device)
        self.line.say("loading the model")
        try:
            model = self._model()
        except ModelUnavailable as error:
            yield Finding("model", "fail", error.message)
            return
        note = "" if self._configured else " (none is configured: the built-in one is tried)"
        yield Finding("model", "ok", f"{model.name}{note}, {model.path}")
        yield self._sample(model)

    @property
    def _configured(self) -> bool:
        return bool(self._settings.model or self._settings.model_path)

    def _model(self) -> ModelSpec:
        return self._settings.model_spec(None if self._configured else SELFTEST)

    def _sample(self, model: ModelSpec) -> Finding:
        run = Run(self._settings, self._log, [partial(sample_job, self._settings, self)], self)
        run.run(model)
        self.ended_by = run.ended_by
        if run.problem is not None:
            return Finding("sample", "fail", run.problem.message)
        match self._outcome:
            case None:
                return Finding("sample", "fail", "it was not transcribed")
            case Failure(error):
                return Finding("sample", "fail", error.message)
            case result:
                return judged(result)

    def progressed(self, job: Job) -> None:
        """Redraw the progress line."""
        self.line.show("sample", job)

    def answered(self, job: Job, outcome: Outcome) -> None:
        """Keep the outcome."""
        self._outcome = outcome


def judged(result: TranscribeResult) -> Finding:
    """Whether the sample was transcribed as it should be."""
    where = f"{result.model.device}, {result.model.compute_type}"
    if not sample().said_by(result):
        return Finding("sample", "fail", f"{result.text!r} is not {sample().text!r} ({where})")
    took = f"{result.duration_s:.1f} s of audio in {result.timings.total_s:.2f} s"
    return Finding("sample", "ok", f"transcribed as it should be ({took}, {where})")
