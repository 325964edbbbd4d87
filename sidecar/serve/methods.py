"""The methods of the wire: JSON parameters become typed values, typed results become JSON."""

import binascii
import math
import os
import time
import uuid
import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import to_builtins

from sidecar.core.errors import InvalidParams, InvalidRequest, MethodNotFound
from sidecar.core.events import CancelJob, LoadModel, Shutdown, Submit, UnloadModel
from sidecar.core.ipc import ModelSpec
from sidecar.core.job import Job
from sidecar.core.jsonrpc import Id, Request
from sidecar.core.request import AudioSource, Transcription, VadOff
from sidecar.models import InstalledModel, installed
from sidecar.serve import params, results
from sidecar.serve.call import Call
from sidecar.serve.dispatch import ErrorResponse, dispatch
from sidecar.serve.status import status_of
from sidecar.serve.table import DEFERRED, METHODS, Context, Service, look, method
from sidecar.settings import Settings
from sidecar.version import VERSION

PROTOCOL = 1
NOTIFICATIONS = ("job/started", "job/segment", "job/progress", "worker/state", "$/progress")


def _transcribe_defaults(settings: Settings) -> Mapping[str, Any]:
    return {
        "language": settings.language,
        "options": to_builtins(settings.decoding()),
        "vad": {"engine": settings.vad},
    }


@method("initialize", params.InitializeParams)
def initialize(context: Context, given: params.InitializeParams) -> results.Initialized:
    """Who the server is and what it can do. Optional."""
    if given.protocol not in (None, PROTOCOL):
        raise InvalidParams(f"protocol {given.protocol} is not {PROTOCOL}", path="protocol")
    settings = context.service.settings
    return results.Initialized(
        server=results.ServerInfo("asr-sidecar", VERSION),
        protocol=PROTOCOL,
        capabilities=results.Capabilities(
            methods=sorted(name for name in METHODS if not name.startswith(("$", "notif", "exit"))),
            notifications=list(NOTIFICATIONS),
            vad=["off", "webrtc", "silero"],
            audio_formats=["path", "pcm16", "f32", "file"],
            framings=["line", "header"],
        ),
        limits=results.Limits(
            max_message_bytes=settings.max_message_bytes,
            max_audio_s=settings.max_audio_s,
            max_audio_bytes=settings.max_audio_bytes,
            queue_limit=settings.queue_limit,
            workers=settings.workers,
        ),
        pid=os.getpid(),
    )


@method("ping", params.NoParams)
def ping(context: Context, given: params.NoParams) -> results.Pong:
    """Whether the server is there."""
    return results.Pong(True, time.monotonic() - context.service.started_at_s)


@method("transcribe", params.TranscribeParams, _transcribe_defaults)
def transcribe(context: Context, given: params.TranscribeParams) -> object:
    """Speech to text; answered by its deadline."""
    source, payload = audio_of(given.audio)
    if not isinstance(given.vad, VadOff) and given.options.clip_timestamps != (0.0,):
        raise InvalidParams(
            "clip_timestamps and voice activity detection exclude each other",
            path="options.clip_timestamps",
        )
    service, call = context.service, context.call
    call.stream, call.progress_token = given.stream, given.workDoneToken
    job_id = given.job_id or uuid.uuid4().hex
    identity = _identity(source, payload)
    job = Job(
        job_id,
        given.trace_id or job_id,
        Transcription(
            audio=source,
            language=None if given.language == "auto" else given.language,
            languages=given.languages,
            task=given.task,
            options=given.options,
            vad=given.vad,
            profile=given.profile,
        ),
        payload=payload,
        total=service.settings.total_budget(given.timeout_s),
        segments=service.settings.segments_budget(given.segments_timeout_s),
        received_at_s=call.read_at_s,
        priority=given.priority,
        reply_to=call,
        identity=identity,
        unchanged_for_s=_unchanged_for_s(service, source),
    )
    service.handle(Submit(job))
    return DEFERRED


def _identity(source: AudioSource, payload: bytes) -> str:
    """The same for the same audio: the path, or what the bytes are and sum up to."""
    if source.path is not None:
        return source.path
    kind = f"{source.format} {source.sample_rate} Hz, {source.channels} channels"
    return f"{kind}, {len(payload)} bytes, CRC {zlib.crc32(payload):08x}"


def _unchanged_for_s(service: Service, source: AudioSource) -> float:
    """How long the file has been as it is.

    Asked only of a file that is to be refused: the parent touches no other.
    """
    path = source.path
    if path is None or not service.supervisor.quarantine.holds(path, time.monotonic()):
        return math.inf
    return service.looks.glance(partial(_age_s, path), otherwise=math.inf)


def _age_s(path: str) -> float:
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return 0.0


def audio_of(given: params.AudioParams) -> tuple[AudioSource, bytes]:
    """The source for the worker, and the bytes to send along; raises `InvalidParams`."""
    if (given.path is None) == (given.data is None):
        raise InvalidParams("audio has either a path or data", path="audio")
    raw = given.data is not None and given.format != "file"
    for name in ("sample_rate", "channels"):
        if not raw and getattr(given, name) is not None:
            raise InvalidParams(f"{name} is for raw samples: a file says it", path=f"audio.{name}")
    if raw and given.sample_rate is None:
        raise InvalidParams("raw samples need their sample_rate", path="audio.sample_rate")
    if given.path is not None:
        if given.format != "file" or "\0" in given.path:
            wrong = "format" if given.format != "file" else "path"
            raise InvalidParams(f"{wrong} does not suit a path", path=f"audio.{wrong}")
        return AudioSource(path=given.path), b""
    assert given.data is not None
    try:
        payload = binascii.a2b_base64(given.data, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidParams(f"data is not base64: {error}", path="audio.data") from None
    source = AudioSource(None, given.format, given.sample_rate or 16_000, given.channels or 1)
    return source, payload


def _cancel(context: Context, id: Id = None, job_id: str | None = None) -> bool:
    for job in list(context.service.supervisor.ledger.jobs.values()):
        by_id = id is not None and isinstance(job.reply_to, Call) and _same(job.reply_to.id, id)
        if by_id or (job_id is not None and job.job_id == job_id):
            context.service.handle(CancelJob(job))
            return True
    return False


def _same(one: Id, other: Id) -> bool:
    return type(one) is type(other) and one == other


@method("cancel", params.CancelParams)
def cancel(context: Context, given: params.CancelParams) -> results.CancelResult:
    """Cancel a job, by the id of its request or by its job id."""
    if (given.id is None) == (given.job_id is None):
        raise InvalidParams("cancel takes either id or job_id", path="id")
    return results.CancelResult(_cancel(context, given.id, given.job_id))


@method("$/cancelRequest", params.CancelRequestParams)
def cancel_request(context: Context, given: params.CancelRequestParams) -> results.Ok:
    """The Language Server Protocol's way to cancel."""
    return results.Ok(_cancel(context, given.id))


@method("notifications/cancelled", params.CancelledParams)
def cancelled(context: Context, given: params.CancelledParams) -> results.Ok:
    """The Model Context Protocol's way to cancel."""
    return results.Ok(_cancel(context, given.requestId))


@method("status", params.StatusParams)
def status(context: Context, given: params.StatusParams) -> object:
    """What the sidecar is doing; with `deep`, whether it transcribes as it should."""
    if given.deep:
        context.service.check_deeply(context.call)
        return DEFERRED
    return status_of(context.service)


@method("models.list", params.NoParams)
def models_list(context: Context, given: params.NoParams) -> object:
    """The models on this machine."""
    pool = context.service.supervisor.pool

    def listed(models: list[InstalledModel]) -> object:
        return results.ModelList(
            models=models,
            configured=pool.model.name if pool.model else None,
            loaded=next((slot.model for slot in pool.slots if slot.model and slot.serving), None),
        )

    folders = context.service.settings.model_folders()
    return look(context, partial(installed, folders), listed)


@method("models.load", params.LoadParams)
def models_load(context: Context, given: params.LoadParams) -> object:
    """Serve with this model from now on; answered when a worker has loaded it."""

    def found(model: ModelSpec) -> object:
        context.service.handle(LoadModel(model, context.call))
        return DEFERRED

    return look(context, partial(context.service.settings.model_spec, given.model), found)


@method("models.unload", params.NoParams)
def models_unload(context: Context, given: params.NoParams) -> object:
    """Free the device until the next job."""
    context.service.handle(UnloadModel(context.call))
    return DEFERRED


@method("rpc.discover", params.NoParams)
def discover(context: Context, given: params.NoParams) -> object:
    """The OpenRPC document of this server."""
    from sidecar.serve.discover import document

    return document()


@method("shutdown", params.ShutdownParams)
def shutdown(context: Context, given: params.ShutdownParams) -> object:
    """Accept no more jobs, finish within the grace; answered when no worker is left."""
    if context.service.supervisor.draining:
        raise InvalidRequest("the sidecar is shutting down already")
    grace_s = given.grace_s
    if grace_s is None:
        grace_s = context.service.settings.shutdown_grace_s
    context.service.handle(Shutdown(grace_s, reply_to=context.call))
    return DEFERRED


@method("exit", params.NoParams)
def exit(context: Context, given: params.NoParams) -> object:
    """End the process now; running jobs are answered first."""
    context.service.leave()
    return results.Ok()


def answer(service: Service, call: Call, request: Request) -> None:
    """Dispatch `request`; unless it is deferred, `call` has its answer then."""
    response = dispatch(METHODS, Context(service, call, request.method), request)
    if not isinstance(response, ErrorResponse):
        if response.result is not DEFERRED:
            call.succeed(response.result)
    elif response.code == MethodNotFound.code:
        name = request.method[:200]
        call.fail(MethodNotFound(f"there is no method {name!r}", method=name))
    else:
        call.refuse(response.code, response.message, response.data)
