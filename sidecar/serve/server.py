"""The server: requests from the wire to the supervisor, its actions back to the wire."""

import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import repeat
from typing import Any

import orjson
from msgspec import Struct, to_builtins

from sidecar.core import jsonrpc
from sidecar.core.errors import SidecarError
from sidecar.core.events import (
    Action,
    Answer,
    Event,
    JobProgress,
    JobSegment,
    JobStarted,
    Loaded,
    Reply,
    Shutdown,
    Stop,
    Submit,
    WorkerChanged,
)
from sidecar.core.framing import Defect, Framer, Framing
from sidecar.core.job import Job
from sidecar.core.jsonrpc import Element, Invalid, Request
from sidecar.core.reply import Failure, Outcome
from sidecar.core.states import WorkerState
from sidecar.descriptors import write_all
from sidecar.serve import results
from sidecar.serve.call import Batch, Call, Direct, Sink
from sidecar.serve.log import JsonLog
from sidecar.serve.methods import answer
from sidecar.serve.sample import sample, sample_job
from sidecar.serve.shell import Shell
from sidecar.serve.status import with_deep
from sidecar.serve.stdio import Reader, Writer
from sidecar.settings import Settings

SERVICE_READY = "[SERVICE_READY]"
FLUSH_S = 1.0
_DONE = object()


class Server:
    """One client on the wire. All of it runs in the shell's loop."""

    def __init__(self, settings: Settings, shell: Shell, wire: tuple[int, int]) -> None:
        self.settings = settings
        self.supervisor = shell.supervisor
        self.log: JsonLog = shell.log
        self.looks = shell.looks
        self.started_at_s = time.monotonic()
        self._shell = shell
        forced = None if settings.framing == "auto" else Framing(settings.framing)
        self._framer = Framer(settings.max_message_bytes, forced)
        self._said_ready = False
        self._client_left = False
        self._stopped = False
        read_from, write_to = wire
        self._unhandled: deque[Iterator[None]] = deque()
        leave = partial(shell.post, self.leave)
        look_again = partial(shell.post, _look_again)
        self._writer = Writer(partial(write_all, write_to), on_broken=leave, on_room=look_again)
        self._reader = Reader(read_from, write_to, self._deliver, leave)
        shell.work = self._work

    @property
    def dropped_notifications(self) -> int:
        """How many notifications were dropped because the client did not read."""
        return self._writer.dropped

    def handle(self, event: Event) -> None:
        """Tell the supervisor."""
        self._shell.handle(event)

    def finish(self) -> None:
        """See that everything is written, and that nothing is left behind."""
        self._shell.kill_all()
        self._writer.flush(FLUSH_S)
        self.log.flush(FLUSH_S)

    def leave(self) -> None:
        """The client is gone, or wants the process to be: end at once."""
        self._end(grace_s=0.0)

    def terminate(self) -> None:
        """A signal asks for the end: within the grace; the second one: at once."""
        self._end(0.0 if self._client_left else self.settings.shutdown_grace_s)

    def _end(self, grace_s: float, *, finish_queue: bool = False) -> None:
        self._client_left = True
        self.handle(Shutdown(grace_s, finish_queue))
        if self._stopped:
            self._shell.stop()

    def _deliver(self, chunk: bytes, read_at_s: float) -> None:
        handling = self._handle_chunk(chunk, read_at_s)
        self._shell.post(partial(self._unhandled.append, handling))

    def _work(self) -> bool:
        """Handle one request of those that were read, if the client takes the answers."""
        if not self._unhandled or not self._writer.has_room():
            return False
        if next(self._unhandled[0], _DONE) is _DONE:
            self._unhandled.popleft()
        return True

    def _handle_chunk(self, chunk: bytes, read_at_s: float) -> Iterator[None]:
        """Handle what was read request by request, so that the loop can look up in between."""
        for message in self._framer.feed(chunk) if chunk else self._framer.close():
            for element, sink in self._elements(message):
                self._handle_element(element, sink, read_at_s)
                yield
        if chunk:
            self._reader.handled()
        else:
            end = partial(self._end, self.settings.shutdown_grace_s, finish_queue=True)
            self.looks.when_told(end)

    def _elements(self, message: bytes | Defect) -> Iterator[tuple[Element, Sink]]:
        parsed = jsonrpc.parse(message, self.settings.max_message_bytes)
        if not isinstance(parsed, list):
            return iter([(parsed, Direct(self._write))])
        expected = sum(
            isinstance(element, Invalid)
            or (isinstance(element, Request) and not element.notification)
            for element in parsed
        )
        return zip(parsed, repeat(Batch(self._write, expected)), strict=False)

    def _handle_element(self, element: Element, sink: Sink, read_at_s: float) -> None:
        if isinstance(element, Invalid):
            Call(element.id, sink, read_at_s).fail(element.error)
        elif isinstance(element, Request):
            call = Call(element.id, None if element.notification else sink, read_at_s)
            answer(self, call, element)

    def check_deeply(self, call: Call) -> None:
        """Transcribe the built-in sample as any job, then answer `call` with the status."""
        self.handle(Submit(sample_job(self.settings, partial(self._checked, call))))

    def _checked(self, call: Call, outcome: Outcome) -> None:
        expected = sample()
        if isinstance(outcome, Failure):
            deep = results.DeepStatus(
                False, None, expected.text, outcome.data.elapsed_s, outcome.error.message
            )
        else:
            ok = expected.said_by(outcome)
            total_s = outcome.timings.total_s
            deep = results.DeepStatus(ok, outcome.text, expected.text, total_s, None)
        call.succeed(with_deep(self, deep))

    def perform(self, action: Action) -> None:
        """Carry out what the supervisor decided, as far as it concerns the client."""
        match action:
            case Reply(job, outcome):
                self._tell_token(job, {"kind": "end"})
                _reply(job.reply_to, outcome)
            case Answer(reply_to, outcome) if isinstance(reply_to, Call):
                _answer(reply_to, outcome)
            case JobStarted(job, generation):
                self._tell_started(job, generation)
            case JobSegment(job, segment) if _streams(job):
                self._notify("job/segment", results.JobSegmentParams(job.job_id, segment))
            case JobProgress(job):
                self._tell_progress(job)
            case WorkerChanged():
                self._tell_worker(action)
            case Stop():
                self._stopped = True
                if self._client_left:
                    self._shell.stop()

    def _tell_started(self, job: Job, generation: int) -> None:
        if _streams(job):
            params = results.JobStartedParams(
                job.job_id, job.trace_id, generation, job.queue_s, job.load_s
            )
            self._notify("job/started", params)
        self._tell_token(job, {"kind": "begin", "title": "transcribe", "percentage": 0})

    def _tell_progress(self, job: Job) -> None:
        fraction = max(0.0, min(1.0, job.covered_s / job.duration_s)) if job.duration_s else 0.0
        if _streams(job):
            params = results.JobProgressParams(job.job_id, fraction, job.duration_s, job.phase)
            self._notify("job/progress", params)
        percentage = int(fraction * 100)
        self._tell_token(job, {"kind": "report", "message": job.phase, "percentage": percentage})

    def _tell_token(self, job: Job, value: dict[str, Any]) -> None:
        call = job.reply_to
        if isinstance(call, Call) and call.progress_token is not None:
            self._notify("$/progress", results.WorkDoneProgress(call.progress_token, value))

    def _tell_worker(self, change: WorkerChanged) -> None:
        if change.state == WorkerState.IDLE and not self._said_ready:
            self._said_ready = True
            self.log.marker(SERVICE_READY)
        params = results.WorkerStateParams(
            change.worker, change.state, change.generation, change.pid, change.reason
        )
        self._notify("worker/state", params)

    def _notify(self, method: str, params: Struct) -> None:
        """Nothing can be said before the client's framing is known."""
        if self._framer.framing is not None:
            message = jsonrpc.notification(method, to_builtins(params))
            self._write(orjson.dumps(message), droppable=True)

    def _write(self, message: bytes, *, droppable: bool = False) -> None:
        self._writer.put(self._framer.frame(message), droppable=droppable)


def _look_again() -> None:
    """Nothing, but the loop wakes up for it."""


def _streams(job: Job) -> bool:
    return isinstance(job.reply_to, Call) and job.reply_to.stream


def _reply(reply_to: object, outcome: Outcome) -> None:
    if not isinstance(reply_to, Call):
        if callable(reply_to):
            reply_to(outcome)
    elif isinstance(outcome, Failure):
        reply_to.fail(outcome.error, outcome.wire_data())
    else:
        reply_to.succeed(outcome)


def _answer(call: Call, outcome: SidecarError | Loaded | None) -> None:
    if isinstance(outcome, SidecarError):
        call.fail(outcome)
    elif isinstance(outcome, Loaded):
        call.succeed(results.ModelLoaded(outcome.model, outcome.load_s))
    else:
        call.succeed(results.Ok())
