"""The command line: finds the room of each command and imports nothing else."""

import sys
from collections.abc import Sequence

from sidecar.version import VERSION

USAGE = """usage: asr-sidecar COMMAND [options]

commands:
  serve        answer JSON-RPC 2.0 on stdin and stdout
  transcribe   transcribe files
  models       list the models on this machine
  doctor       say what this machine has, and transcribe the built-in sample

`asr-sidecar COMMAND --help` says more. `asr-sidecar --version` says which this is.
"""
BAD_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    command, *rest = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
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
        case "--version":
            sys.stdout.write(f"asr-sidecar {VERSION}\n")
            return 0
        case "--help" | "-h":
            sys.stdout.write(USAGE)
            return 0
        case _:
            sys.stderr.write(f"asr-sidecar: unknown command {command!r}\n\n{USAGE}")
            return BAD_USAGE
