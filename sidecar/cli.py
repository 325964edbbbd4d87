"""The command line: finds the room of each command and imports nothing else."""

import sys
from collections.abc import Sequence

USAGE = """usage: asr-sidecar COMMAND [options]

commands:
  serve        answer JSON-RPC 2.0 on stdin and stdout
  transcribe   transcribe files
  models       list the models on this machine
  profile      say where the time of transcribing a file goes
  bench        compare beam sizes, models and threads by time, memory and errors
  doctor       say what this machine has, and transcribe the built-in sample

`asr-sidecar COMMAND --help` says more. `asr-sidecar --version` says which this is.
"""
BAD_USAGE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    command, *rest = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        return _run(command, rest)
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        from sidecar.commands.output import say_nothing_more

        say_nothing_more()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(command: str, rest: Sequence[str]) -> int:
    match command:
        case "serve":
            from sidecar.serve.main import main as serve

            return serve(rest)
        case "worker":
            from sidecar.worker.main import main as work

            return work(rest)
        case "transcribe":
            from sidecar.commands.transcribe import main as transcribe

            return transcribe(rest)
        case "models":
            from sidecar.commands.models import main as models

            return models(rest)
        case "profile":
            from sidecar.commands.profile import main as profile

            return profile(rest)
        case "bench":
            from sidecar.commands.bench import main as bench

            return bench(rest)
        case "doctor":
            from sidecar.commands.doctor import main as doctor

            return doctor(rest)
        case "--version":
            from sidecar.commands.version import main as version

            return version(rest)
        case "--help" | "-h":
            sys.stdout.write(USAGE)
            return 0
        case _:
            sys.stderr.write(f"asr-sidecar: unknown command {command!r}\n\n{USAGE}")
            return BAD_USAGE
