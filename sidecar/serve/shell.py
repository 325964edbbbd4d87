"""The impure half of the supervisor: one loop that owns the clock, the processes and the log.

Threads only enqueue; this loop alone decides, in the thread that runs it (as gunicorn's arbiter
does). Threads rather than asyncio: reading stdin needs one anyway on Windows and for regular
files, the loop's wait is a plain queue with a timeout, and 30 ms of imports go away.
"""

import os
import queue
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec import structs

from sidecar.core.events import (
    Action,
    Event,
    Exit,
    Exited,
    Heard,
    Kill,
    Log,
    Send,
    Spawn,
    Spawned,
    Tick,
    WorkerChanged,
)
from sidecar.core.log import LogRecord
from sidecar.core.supervisor import Supervisor
from sidecar.serve.log import JsonLog
from sidecar.serve.looks import Looks
from sidecar.serve.process import WorkerProcess
from sidecar.settings import Settings, worker_environment

ROOT = Path(__file__).parents[2]
LONGEST_WAIT_S = 0.25 if sys.platform == "win32" else 3600.0
"""On Windows a waiting lock does not notice Ctrl-C."""
BURST = 64
"""So many deliveries are handled before the clock is looked at again."""
SLICE_S = 0.002
"""So long it works without looking at the clock and at what was delivered."""


def own_command() -> list[str]:
    """The command line that starts this program again; a command is to follow."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    # The folder that the user happens to be in is no place to import from, unless this very
    # program came from there: a checkout that is not installed.
    safe_path = [] if sys.path[:1] == [str(ROOT)] else ["-P"]
    return [sys.executable, *safe_path, "-m", "sidecar"]


def worker_command() -> list[str]:
    """The command line that makes this program a worker."""
    return [*own_command(), "worker", str(os.getpid())]


class Shell:
    """Runs a supervisor. Actions that are not about processes go to `perform`.

    `work` is what there is to do between deliveries and deadlines, which go first: a small piece
    of it each time it is called, and whether there was one.
    """

    def __init__(self, settings: Settings, log: JsonLog, perform: Callable[[Action], None]) -> None:
        self.supervisor = Supervisor(settings.policy(), log_text=settings.log_text)
        self.log = log
        self.perform = perform
        self.work: Callable[[], bool] = lambda: False
        self.looks = Looks(self.post)
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._processes: dict[int, WorkerProcess] = {}
        self._running = True

    def post(self, call: Callable[[], None]) -> None:
        """Have `call` run in the loop. Any thread, and any signal handler, may."""
        self._inbox.put(call)

    def run(self) -> None:
        """Handle what is delivered, and time, until `stop`; in between, work."""
        is_more = False
        while self._running:
            self._take(0 if is_more else self._wait_s())
            for _ in range(BURST):
                if not self._running or not self._take(0):
                    break
            due_s = self.supervisor.next_deadline()
            if due_s is not None and due_s <= time.monotonic():
                self.handle(Tick())
            is_more = self._work_a_while()

    def _work_a_while(self) -> bool:
        """Work until the slice is over or something is delivered; whether there may be more."""
        until_s = time.monotonic() + SLICE_S
        while self._running and self.work():
            if time.monotonic() >= until_s or not self._inbox.empty():
                return True
        return False

    def stop(self) -> None:
        """End `run`."""
        self._running = False

    def handle(self, event: Event) -> None:
        """Tell the supervisor, and do what it decides. In the loop's thread only."""
        for action in self.supervisor.handle(event, time.monotonic()):
            match action:
                case Spawn(generation):
                    self._spawn(generation)
                case Send(generation, message, payload):
                    if process := self._processes.get(generation):
                        process.send(message, payload)
                case Kill(generation):
                    if process := self._processes.get(generation):
                        process.kill()
                case Log(record):
                    self.log.write(record)
                case WorkerChanged():
                    process = self._processes.get(action.generation)
                    pid = process.pid if process else action.pid
                    self.perform(structs.replace(action, pid=pid))
                case _:
                    self.perform(action)

    def kill_all(self) -> None:
        """Kill every process that is left."""
        for process in self._processes.values():
            process.kill()

    def _wait_s(self) -> float:
        due_s = self.supervisor.next_deadline()
        if due_s is None:
            return LONGEST_WAIT_S
        return min(max(0.0, due_s - time.monotonic()), LONGEST_WAIT_S)

    def _take(self, wait_s: float) -> bool:
        try:
            call = self._inbox.get(timeout=wait_s) if wait_s else self._inbox.get_nowait()
        except queue.Empty:
            return False
        call()
        return True

    def _spawn(self, generation: int) -> None:
        try:
            process = WorkerProcess(
                worker_command(),
                worker_environment(),
                generation,
                deliver=self._deliver,
                on_stderr=lambda line: self.post(partial(self._relay, generation, line)),
            )
        except OSError as error:
            exit = Exit(None, None, f"the process could not be started: {error.strerror}")
            self._deliver(Exited(generation, exit))
            return
        self._processes[generation] = process
        self.handle(Spawned(generation, process.pid))

    def _deliver(self, event: Event) -> None:
        self.post(partial(self._delivered, event))

    def _delivered(self, event: Event) -> None:
        self.handle(event)
        match event:
            case Heard(generation) if process := self._processes.get(generation):
                process.heard()
            case Exited(generation):
                self._processes.pop(generation, None)

    def _relay(self, generation: int, line: str) -> None:
        self.log.write(LogRecord("worker/stderr", "debug", line, generation=generation))
