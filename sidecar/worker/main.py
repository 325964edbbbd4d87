"""`asr-sidecar worker`: started by the parent, never by hand.

One exception-to-message boundary: whatever happens in a job becomes `Failed`, and the worker
lives on. What cannot be caught is the parent's to notice.
"""

import faulthandler
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.core.errors import InternalError, OutOfMemory, SidecarError
from sidecar.core.ipc import Failed, Hello, Load, LoadFailed, Ready, Run
from sidecar.descriptors import claim_stdio
from sidecar.worker.link import Link
from sidecar.worker.pulse import Pulse, rss_bytes

if TYPE_CHECKING:
    from sidecar.worker.speech import SpeechModel

LOAD_FAILED = 3


def main(arguments: Sequence[str]) -> int:
    """Load a model, then do jobs until the parent closes the pipe.

    The one argument is the parent's process id.
    """
    _die_with(int(arguments[0]))
    link = Link(*claim_stdio())
    # Ctrl-C on a terminal is for the parent, which decides what becomes of the jobs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable(sys.__stderr__ or 2)

    from sidecar.worker.speech import SpeechModel

    pulse = Pulse(link.send, time.monotonic)
    link.send(Hello(rss_bytes()))
    pulse.start()
    if not link.waiting:
        _prepare()
    message, _ = link.receive()
    if not isinstance(message, Load):
        return LOAD_FAILED
    model = _load(SpeechModel, message, link)
    if model is None:
        return LOAD_FAILED
    if not link.waiting:
        _prepare()
    while True:
        run, payload = link.receive()
        if isinstance(run, Run):
            _work(model, run, payload, link, pulse)


def _prepare() -> None:
    """Import, while nobody waits, what the first job would otherwise wait for."""
    import soundfile
    import soxr

    from sidecar.worker import pipeline

    assert pipeline
    assert soundfile
    assert soxr


def _load(kind: "type[SpeechModel]", message: Load, link: Link) -> "SpeechModel | None":
    began_s = time.monotonic()
    spec = message.model
    try:
        model = kind.load(
            Path(spec.path),
            name=spec.name,
            device=spec.device,
            compute_type=spec.compute_type,
            cpu_threads=spec.cpu_threads,
            thrift=message.thrift,
        )
        model.warm_up()
    except SidecarError as error:
        link.send(LoadFailed(error.kind, error.message, error.details))
        return None
    link.send(Ready(model.info, time.monotonic() - began_s, rss_bytes()))
    return model


def _work(model: "SpeechModel", run: Run, payload: bytes, link: Link, pulse: Pulse) -> None:
    from sidecar.worker.pipeline import Pipeline

    pipeline = Pipeline(run, link.send, link.is_cancelled, pulse.rewind)
    try:
        pulse.watch(pipeline.kill_at_s, run.stall_timeout_s)
        if run.transcription.functions:
            from sidecar.worker.functions import with_functions

            link.send(with_functions(lambda: pipeline.transcribe(model, payload)))
        else:
            link.send(pipeline.transcribe(model, payload))
    except Exception as error:
        failure = _failure(error)
        link.send(
            Failed(
                run.job_id,
                failure.kind,
                failure.message,
                pipeline.clock.timings(),
                failure.details,
            )
        )
    finally:
        pulse.unwatch()


def _failure(error: Exception) -> SidecarError:
    if isinstance(error, SidecarError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemory("the memory ran out")
    sys.excepthook(type(error), error, error.__traceback__)
    return InternalError(f"a fault of the worker: {type(error).__name__}; the log says more")


def _die_with(parent_pid: int) -> None:
    """On Linux, be killed with the thread that spawned this process, even while stopped.

    Elsewhere the end of the pipe (see `Link`) and, on Windows, the parent's Job Object do it.
    """
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)
    # The parent may have died before the call: then nothing would ever come.
    if os.getppid() != parent_pid:
        os._exit(0)
