"""`asr-sidecar serve`: from the first instruction to the loop.

The order is for speed: the descriptors are claimed, the worker is started, and while it imports
and loads, the parent imports what it needs for the wire.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial

from sidecar.core.errors import ModelUnavailable
from sidecar.core.events import Action, LoadModel, RefuseModel
from sidecar.core.ipc import ModelSpec
from sidecar.descriptors import claim_stdio
from sidecar.serve.arguments import BAD_USAGE, parse
from sidecar.serve.log import JsonLog
from sidecar.serve.looks import Answer
from sidecar.serve.shell import Shell
from sidecar.settings import Settings

HELP_COLUMNS = 100


def main(arguments: Sequence[str]) -> int:
    """Serve one client on stdin and stdout until it is gone; the exit code."""
    parser = argparse.ArgumentParser(
        prog="asr-sidecar serve",
        description="JSON-RPC 2.0 on stdin and stdout, logs on stderr.",
        # With a width given, argparse does not import shutil to ask the terminal: 6 ms.
        formatter_class=partial(argparse.HelpFormatter, width=HELP_COLUMNS),
    )
    settings = parse(parser, arguments).settings
    try:
        log = JsonLog(settings.log_level, settings.log_file)
    except OSError as error:
        parser.exit(BAD_USAGE, f"asr-sidecar: --log-file: {error}\n")
    serve(settings, log)
    # The threads that read and write block in the system; nothing is left for them to do.
    os._exit(0)


def serve(settings: Settings, log: JsonLog) -> None:
    """Serve one client; returns when it is gone and everything is cleaned up."""
    wire = claim_stdio()
    early: list[Action] = []
    shell = Shell(settings, log, early.append)
    begin(shell, settings)

    from sidecar.serve.server import Server

    server = Server(settings, shell, wire)
    shell.perform = server.perform
    on_signals(lambda _: shell.post(server.terminate))
    for action in early:
        server.perform(action)
    try:
        shell.run()
    finally:
        server.finish()


def begin(shell: Shell, settings: Settings) -> None:
    """Start loading the configured model, or say why there is none."""

    def found(model: Answer[ModelSpec]) -> None:
        # Found late, it does not push out one that the client has asked for since.
        if shell.supervisor.pool.model is None:
            try:
                shell.handle(LoadModel(model()))
            except ModelUnavailable as error:
                shell.handle(RefuseModel(error))

    shell.looks.ask(settings.model_spec, found)


def on_signals(terminate: Callable[[int], None]) -> None:
    """Have the signals that ask a program to end call `terminate` with their number."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: terminate(number))
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, lambda number, _: terminate(number))
