"""`asr-sidecar bench FILE...`"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from sidecar.commands.exit import ExitCode, of_signal
from sidecar.commands.inputs import STDIN, BadUsage, inputs_of
from sidecar.commands.measuring import Measuring, Plan, setups_of
from sidecar.commands.output import check_place, complain, quiet_log, replace_file, write
from sidecar.commands.progress import stderr_line
from sidecar.commands.references import references_of
from sidecar.commands.run import said_of_signal
from sidecar.core.errors import ModelUnavailable
from sidecar.report.bench import report
from sidecar.report.bench.result import BenchResult
from sidecar.serve.arguments import Arguments, parse

EPILOG = """\
Every file is transcribed with every combination, --repeat times. The combinations take turns, round
by round, so that a machine that gets busy or hot slows all of them. Each round loads each model
anew and does one job that does not count. Files go through the same supervisor and worker as any
job; one that fails is counted, and does not stop the others.

Error rates need references: one --reference FILE for each audio file, in their order, or one .tsv
with a line for each (name, tab, text). Case, punctuation and symbols do not count.

--baseline compares with the result of an earlier run (--json), row by row.

exit codes:
  0    everything was measured
  1    a job failed, or a row is worse than in the baseline
  2    the command line or a setting is wrong
  3    a model is not there
  130  Ctrl-C (128 + the number of the signal that ended it); what was measured is shown
"""
MOST = 1000
T = TypeVar("T")


def main(arguments: Sequence[str]) -> int:
    """Measure; the exit code."""
    given = parse(_parser(), arguments)
    options = given.options
    try:
        plan = _plan(given)
        old = _baseline(options.baseline) if options.baseline else None
        log = quiet_log(given)
    except (BadUsage, OSError) as error:
        complain(str(error))
        return ExitCode.BAD_USAGE
    except ModelUnavailable as error:
        complain(error.message)
        return ExitCode.NO_MODEL
    line = stderr_line(wanted=not given.on_command_line("log_level"))
    measuring = Measuring(given, plan, log, line)
    try:
        measuring.run()
        result = measuring.result()
    finally:
        line.clear()
    write(report.text(result, old).encode("utf-8", "replace"))
    try:
        if options.json:
            replace_file(options.json, msgspec.json.format(msgspec.json.encode(result)) + b"\n")
        if options.html:
            replace_file(options.html, report.html(result, old))
    except OSError as error:
        complain(str(error))
        return ExitCode.BAD_USAGE
    if measuring.ended_by is not None:
        complain(said_of_signal(measuring.ended_by))
        return of_signal(measuring.ended_by)
    failed = any(row.failures for row in result.rows) or report.regressions(result, old)
    return ExitCode.FAILED if failed else ExitCode.DONE


def _plan(given: Arguments) -> Plan:
    options, settings = given.options, given.settings
    if STDIN in options.files:
        raise BadUsage("bench reads files again and again: - is none")
    if len(set(options.files)) < len(options.files):
        raise BadUsage("a file is given twice")
    check_place(options.json)
    check_place(options.html)
    references = references_of(options.reference, options.files)
    models = [settings.model_spec(name) for name in options.models or [None]]
    setups = setups_of(models, options.threads or [settings.cpu_threads])
    return Plan(
        inputs_of(options.files, settings.max_audio_bytes),
        references,
        setups,
        options.beam_sizes or [settings.beam_size],
        options.repeat,
    )


def _baseline(path: Path) -> BenchResult:
    try:
        return msgspec.json.decode(path.read_bytes(), type=BenchResult)
    except msgspec.MsgspecError as error:
        raise BadUsage(f"{path} is not a result of bench: {error}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asr-sidecar bench",
        usage="asr-sidecar bench [options] FILE...",
        description="Measure the speed, the memory and the errors of different settings.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="what to transcribe")
    add("--beam-sizes", type=_numbers, metavar="N,N", help="one after the other [--beam-size]")
    add("--models", type=_names, metavar="NAME,NAME", help="names or folders [--model]")
    add("--threads", type=_threads, metavar="N,N", help="0: one for each core [--cpu-threads]")
    add("--repeat", type=_number, default=3, metavar="N", help="rounds [3]")
    add("--word-timestamps", action="store_true", help="align the words as well")
    add(
        "--reference",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="what is really said, for error rates",
    )
    add("--json", type=Path, metavar="OUT.json", help="write the result there")
    add("--html", type=Path, metavar="OUT.html", help="write a page with plots there")
    add("--baseline", type=Path, metavar="OLD.json", help="compare with an earlier result")
    parser.set_defaults(task="transcribe")
    return parser


def _number(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"{number} is not between 1 and {MOST}")
    return number


def _numbers(text: str) -> list[int]:
    return _distinct([_number(part) for part in text.split(",")])


def _threads(text: str) -> list[int]:
    return _distinct([0 if part.strip() == "0" else _number(part) for part in text.split(",")])


def _names(text: str) -> list[str]:
    return _distinct([part for part in text.split(",") if part])


def _distinct(values: list[T]) -> list[T]:
    if len(set(values)) < len(values):
        raise argparse.ArgumentTypeError("the same one is given twice")
    return values
