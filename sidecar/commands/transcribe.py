"""`asr-sidecar transcribe FILE...`"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import get_args

from sidecar.commands.exit import ExitCode, of_signal
from sidecar.commands.formats import FORMATS, Format
from sidecar.commands.inputs import BadUsage, Input, inputs_of, output_paths
from sidecar.commands.job import Wanted
from sidecar.commands.output import complain, quiet_log
from sidecar.commands.progress import stderr_line
from sidecar.commands.report import Report
from sidecar.commands.run import Run, said_of_signal
from sidecar.core.errors import ModelUnavailable
from sidecar.core.request import Task
from sidecar.serve.arguments import parse

EPILOG = """\
A file that fails does not stop the others; what went wrong is said on stderr. --timeout is the
limit of each file and is obeyed as it is; without it a file may take 60 s, or twice its length.

Output: without --output-dir to stdout, in one format; several files only as txt, under a heading
each, or as json, one line each in their order. With --output-dir to NAME.FORMAT there; two files
that would go to the same place are refused before anything is done. A file that failed leaves
nothing there, except in json its error.

exit codes:
  0    all files were transcribed
  1    some were not
  2    the command line or a setting is wrong
  3    the model is not there, or does not load
  4    some were not, all for want of time
  130  Ctrl-C (128 + the number of the signal that ended it)
"""


def main(arguments: Sequence[str]) -> int:
    """Transcribe files; the exit code."""
    parser = _parser()
    given = parse(parser, arguments)
    formats = _formats(given.options.format)
    folder = given.options.output_dir
    try:
        inputs = inputs_of(given.options.files, given.settings.max_audio_bytes)
        _check_stdout(inputs, formats, folder)
        paths = output_paths(inputs, formats, folder) if folder else {}
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        log = quiet_log(given)
        model = given.settings.model_spec()
    except (BadUsage, OSError) as error:
        complain(str(error))
        return ExitCode.BAD_USAGE
    except ModelUnavailable as error:
        complain(error.message)
        return ExitCode.NO_MODEL
    wanted = Wanted.of(given)
    line = stderr_line(wanted=not given.on_command_line("log_level"))
    report = Report(inputs, formats, paths, line)
    run = Run(given.settings, log, [partial(wanted.job, each) for each in inputs], report)
    line.say("loading the model")
    try:
        run.run(model)
    finally:
        line.clear()
    return _ended(run, report)


def _ended(run: Run, report: Report) -> int:
    left = f"; not transcribed: {report.left} of {report.total}" if report.left else ""
    if run.ended_by is not None:
        complain(said_of_signal(run.ended_by) + left)
        return of_signal(run.ended_by)
    if run.problem is not None:
        complain(run.problem.message + left)
        return ExitCode.NO_MODEL
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asr-sidecar transcribe",
        usage="asr-sidecar transcribe [options] FILE...",
        description="Transcribe audio and video files.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="what to transcribe; - is stdin")
    add(
        "--format",
        action="append",
        choices=(*FORMATS, "all"),
        help="what to write; may be given several times [txt]",
    )
    add("--output-dir", type=Path, metavar="DIR", help="write NAME.FORMAT there, not to stdout")
    add("--task", choices=get_args(Task), default="transcribe", help="translate: into English")
    add("--word-timestamps", action="store_true", help="times of words as well, in json")
    return parser


def _formats(given: Sequence[str] | None) -> list[Format]:
    wanted = given or ["txt"]
    return [form for form in FORMATS if form in wanted or "all" in wanted]


def _check_stdout(inputs: Sequence[Input], formats: Sequence[Format], folder: Path | None) -> None:
    if folder is not None:
        return
    if len(formats) > 1:
        raise BadUsage("several formats need --output-dir")
    if len(inputs) > 1 and formats[0] not in ("txt", "json"):
        raise BadUsage(f"several files as {formats[0]} need --output-dir")
