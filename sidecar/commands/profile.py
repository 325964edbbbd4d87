"""`asr-sidecar profile FILE`"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import psutil
from msgspec import structs

from sidecar.commands.exit import ExitCode, of_signal
from sidecar.commands.inputs import BadUsage, Input, inputs_of
from sidecar.commands.job import Wanted
from sidecar.commands.output import check_place, complain, quiet_log, replace_file, write
from sidecar.commands.progress import ProgressLine, stderr_line
from sidecar.commands.run import Run, said_of_signal
from sidecar.core.errors import JobTimeout, ModelUnavailable
from sidecar.core.job import Job
from sidecar.core.reply import Failure, Outcome
from sidecar.core.request import Task
from sidecar.core.result import FunctionCost, Transcript
from sidecar.report import profile, trace
from sidecar.report.account import Account, Circumstances, account_of
from sidecar.serve.arguments import Arguments, parse

EPILOG = """\
The file goes through the same supervisor and worker as any job. What is printed: every phase
against what it should take, the windows of 30 s with each attempt at decoding them and the verdict
on it, and findings: what took the time, and what to change. A job that fails or runs out of time
is profiled as far as it came.

exit codes:
  0    the file was transcribed
  1    it was not; the profile tells how far it came
  2    the command line or a setting is wrong
  3    the model is not there, or does not load
  4    it was not, for want of time
  130  Ctrl-C (128 + the number of the signal that ended it)
"""


def main(arguments: Sequence[str]) -> int:
    """Profile a file; the exit code."""
    given = parse(_parser(), arguments)
    try:
        (file,) = inputs_of([given.options.file], given.settings.max_audio_bytes)
        check_place(given.options.trace)
        check_place(given.options.html)
        log = quiet_log(given)
        model = given.settings.model_spec()
    except (BadUsage, OSError) as error:
        complain(str(error))
        return ExitCode.BAD_USAGE
    except ModelUnavailable as error:
        complain(error.message)
        return ExitCode.NO_MODEL
    line = stderr_line(wanted=not given.on_command_line("log_level"))
    visit = Visit(given, file, line)
    run = Run(given.settings, log, [*[visit.rehearsal] * given.options.warm, visit.job], visit)
    line.say("loading the model")
    try:
        run.run(model)
    finally:
        line.clear()
    if run.ended_by is not None:
        complain(said_of_signal(run.ended_by))
        return of_signal(run.ended_by)
    if run.problem is not None:
        complain(run.problem.message)
        return ExitCode.NO_MODEL
    return _report(visit, given.options)


def _report(visit: "Visit", options: argparse.Namespace) -> int:
    account = visit.account()
    write(profile.text(account).encode("utf-8", "replace"))
    try:
        if options.trace:
            replace_file(options.trace, trace.encoded(account))
        if options.html:
            replace_file(options.html, profile.html(account))
    except OSError as error:
        complain(str(error))
        return ExitCode.BAD_USAGE
    return visit.exit_code


class Visit:
    """One file under examination; it watches its own jobs."""

    def __init__(self, given: Arguments, file: Input, line: ProgressLine) -> None:
        self._given = given
        self._file = file
        self._line = line
        self._began_s = time.monotonic()
        self._loaded_s: float | None = None
        self._job: Job | None = None
        self._outcome: Outcome | None = None
        self._wanted = Wanted.of(given)

    def rehearsal(self) -> Job:
        """The job once, so that nothing is done for the first time when it counts."""
        self._mark_loaded()
        return self._wanted.job(self._file)

    def job(self) -> Job:
        """The job that counts."""
        self._mark_loaded()
        options = self._given.options
        wanted = structs.replace(self._wanted, profile=True, functions=options.functions)
        self._job = wanted.job(self._file)
        return self._job

    def _mark_loaded(self) -> None:
        """A job is made when a worker is ready for it."""
        if self._loaded_s is None:
            self._loaded_s = time.monotonic() - self._began_s

    def progressed(self, job: Job) -> None:
        """Redraw the progress line."""
        self._line.show(self._file.name, job)

    def answered(self, job: Job, outcome: Outcome) -> None:
        """Keep the outcome that counts."""
        if job is self._job:
            self._outcome = outcome

    def account(self) -> Account:
        """What is known of the job."""
        assert self._job is not None
        assert self._outcome is not None
        settings, transcript = self._given.settings, self._job.transcript
        circumstances = Circumstances(
            name="stdin" if self._file.path is None else self._file.path.name,
            duration_s=self._job.duration_s,
            threads=settings.cpu_threads,
            physical_cores=psutil.cpu_count(logical=False) or 0,
            loaded_before_s=self._loaded_s or 0.0,
            load_at_s=self._began_s - self._job.received_at_s,
            parent_pid=os.getpid(),
            vad=settings.vad,
            encoder_context=settings.encoder_context,
            batch_size=settings.batch_size,
            functions=self._functions(transcript),
        )
        return account_of(self._outcome, circumstances)

    def _functions(self, transcript: Transcript | None) -> Sequence[FunctionCost] | None:
        if not self._given.options.functions:
            return None
        return transcript.functions if transcript else ()

    @property
    def exit_code(self) -> ExitCode:
        """What scripts are told."""
        if not isinstance(self._outcome, Failure):
            return ExitCode.DONE
        late = isinstance(self._outcome.error, JobTimeout)
        return ExitCode.TIMEOUT if late else ExitCode.FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asr-sidecar profile",
        usage="asr-sidecar profile [options] FILE",
        description="Say where the time of transcribing a file goes, and what to change.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("file", metavar="FILE", help="what to transcribe; - is stdin")
    add("--task", choices=get_args(Task), default="transcribe", help="translate: into English")
    add("--word-timestamps", action="store_true", help="align the words as well")
    add("--warm", action="store_true", help="do it once before: without what the first job pays")
    add("--functions", action="store_true", help="the worker's Python functions too (slower)")
    add("--trace", type=Path, metavar="OUT.json", help="write a trace for Perfetto there")
    add("--html", type=Path, metavar="OUT.html", help="write a page with the picture there")
    return parser
