"""All settings: command line over environment over default. The only reader of `os.environ`."""

import argparse
import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta, Struct

from sidecar.core.budget import Budget
from sidecar.core.errors import ModelUnavailable
from sidecar.core.ipc import AudioLimits, ModelSpec
from sidecar.core.policy import Policy, Standby
from sidecar.core.request import (
    BatchSize,
    DecodingOptions,
    EncoderContext,
    LanguageCode,
    Patience,
    Probability,
    Temperature,
)
from sidecar.core.thrift import Thrift
from sidecar.models import is_text, locate

Seconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]
Pause = Annotated[float, Meta(ge=0, le=86_400)]
Count = Annotated[int, Meta(ge=1, le=1024)]
Bytes = Annotated[int, Meta(ge=1024, le=1 << 40)]
Words = tuple[str, ...]

TOTAL_PER_AUDIO_S = 2.0
SEGMENTS_PER_AUDIO_S = 4.0 / 3.0


class Settings(Struct, frozen=True):
    """One field for each setting; `TABLE` says what it is called elsewhere."""

    model: str | None = None
    model_path: str | None = None
    models_dir: str | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str = "default"
    cpu_threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    timeout_s: Seconds = 60.0
    segments_timeout_s: Seconds = 40.0
    load_timeout_s: Seconds = 120.0
    stall_timeout_s: Seconds = 5.0
    cancel_grace_s: Pause = 0.5
    shutdown_grace_s: Pause = 10.0
    workers: Count = 1
    standby: Standby = "off"
    queue_limit: Count = 8
    quarantine_s: Annotated[float, Meta(ge=0, le=7 * 86_400)] = 300.0
    degrade: bool = True
    reuse_encoding: bool = True
    bound_tokens: bool = True
    stop_loops: bool = True
    max_audio_s: Seconds = 14_400.0
    max_audio_bytes: Bytes = 1 << 30
    allow_dir: Words = ()
    max_message_bytes: Bytes = 64 << 20
    framing: Literal["auto", "line", "header"] = "auto"
    language: LanguageCode | Literal["auto"] = "auto"
    vad: Literal["off", "webrtc", "silero"] = "off"
    beam_size: Annotated[int, Meta(ge=1, le=100)] = 5
    temperature: Annotated[tuple[Temperature, ...], Meta(min_length=1)] = (
        0.0,
        0.2,
        0.4,
        0.6,
        0.8,
        1.0,
    )
    patience: Patience = 1.0
    compression_ratio_threshold: Annotated[float, Meta(gt=0)] = 2.4
    log_prob_threshold: float = -1.0
    no_speech_threshold: Probability = 0.6
    encoder_context: EncoderContext = "full"
    batch_size: BatchSize = 1
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_text: bool = False
    log_file: str | None = None

    def decoding(self) -> DecodingOptions:
        """The decoding options of a request that gives none."""
        return DecodingOptions(
            beam_size=self.beam_size,
            temperature=self.temperature,
            patience=self.patience,
            compression_ratio_threshold=self.compression_ratio_threshold,
            log_prob_threshold=self.log_prob_threshold,
            no_speech_threshold=self.no_speech_threshold,
            encoder_context=self.encoder_context,
            batch_size=self.batch_size,
        )

    def policy(self) -> Policy:
        """The numbers for the supervisor."""
        return Policy(
            limits=AudioLimits(self.max_audio_s, self.max_audio_bytes, self.allow_dir),
            workers=self.workers,
            standby=self.standby,
            queue_limit=self.queue_limit,
            load_timeout_s=self.load_timeout_s,
            stall_timeout_s=self.stall_timeout_s,
            cancel_grace_s=self.cancel_grace_s,
            quarantine_s=self.quarantine_s,
            thrift=Thrift(
                degrade=self.degrade,
                reuse_encoding=self.reuse_encoding,
                bound_tokens=self.bound_tokens,
                stop_loops=self.stop_loops,
            ),
        )

    def total_budget(self, requested_s: float | None) -> Budget:
        """The budget of a whole job; a number in the request is obeyed as it is."""
        if requested_s is not None:
            return Budget(requested_s)
        return Budget(self.timeout_s, TOTAL_PER_AUDIO_S)

    def segments_budget(self, requested_s: float | None) -> Budget:
        """The budget of the iteration over the segments."""
        if requested_s is not None:
            return Budget(requested_s)
        return Budget(self.segments_timeout_s, SEGMENTS_PER_AUDIO_S)

    def model_spec(self, model: str | None = None) -> ModelSpec:
        """The model that is configured, or the one named.

        Raises:
            ModelUnavailable: none is configured, or it is not there.
        """
        wanted = model or self.model_path or self.model
        if wanted is None:
            raise ModelUnavailable(
                "no model is configured: start with `--model NAME` or `--model-path DIR` "
                "(`asr-sidecar models` lists the installed ones; `--model selftest` is built in, "
                "for trying things out), or call models.load"
            )
        path = locate(wanted, self.model_folders())
        from_path = wanted == self.model_path and model is None
        name = os.path.basename(path) if from_path else wanted
        return ModelSpec(name, path, self.device, self.compute_type, self.cpu_threads)

    def model_folders(self) -> list[str]:
        """Where installed models are looked for."""
        if self.models_dir is not None:
            return [self.models_dir]
        folders = [os.path.join(_user_cache(), "asr-sidecar", "models"), _hub_cache()]
        return [folder for folder in folders if is_text(folder)]


class Setting(Struct, frozen=True):
    """What a field of `Settings` is called on the command line and in the environment."""

    field: str
    variable: str
    help: str
    metavar: str | None = None

    @property
    def flag(self) -> str:
        """The option of the command line."""
        return "--" + self.field.removesuffix("_s").replace("_", "-")


TABLE = (
    Setting("model", "ASR_MODEL", "name of an installed model, a folder, or selftest", "NAME"),
    Setting("model_path", "ASR_MODEL_PATH", "folder of a CTranslate2 Whisper model", "DIR"),
    Setting("models_dir", "WHISPER_CACHE_DIR", "where installed models are", "DIR"),
    Setting("device", "ASR_DEVICE", "auto, cpu or cuda"),
    Setting("compute_type", "ASR_COMPUTE_TYPE", "CTranslate2's: default, int8, float16, ..."),
    Setting("cpu_threads", "ASR_CPU_THREADS", "0: as many as there are physical cores", "N"),
    Setting("timeout_s", "MAX_WAIT_SECONDS", "limit of a job; at least 2x its audio", "S"),
    Setting(
        "segments_timeout_s",
        "ASR_SEGMENTS_TIMEOUT_SECONDS",
        "limit of iterating the segments; at least 4/3 of the audio",
        "S",
    ),
    Setting("load_timeout_s", "ASR_LOAD_TIMEOUT_SECONDS", "limit of loading the model", "S"),
    Setting("stall_timeout_s", "ASR_STALL_TIMEOUT_SECONDS", "without a heartbeat: frozen", "S"),
    Setting("cancel_grace_s", "ASR_CANCEL_GRACE_SECONDS", "from a cancel to the kill", "S"),
    Setting("shutdown_grace_s", "ASR_SHUTDOWN_GRACE_SECONDS", "for jobs at the end", "S"),
    Setting("workers", "ASR_WORKERS", "jobs at the same time", "N"),
    Setting("standby", "ASR_STANDBY", "off, warm (imports done) or hot (model loaded)"),
    Setting("queue_limit", "ASR_QUEUE_LIMIT", "jobs that may wait", "N"),
    Setting("quarantine_s", "ASR_QUARANTINE", "refuse audio that killed two workers; 0: no", "S"),
    Setting("degrade", "ASR_DEGRADE", "give up quality before giving up the job"),
    Setting("reuse_encoding", "ASR_REUSE_ENCODING", "decode what language detection encoded"),
    Setting("bound_tokens", "ASR_BOUND_TOKENS", "no more tokens than the audio can need"),
    Setting("stop_loops", "ASR_STOP_LOOPS", "end attempts that loop, or are lost, early"),
    Setting("max_audio_s", "MAX_AUDIO_DURATION_SEC", "longest audio", "S"),
    Setting("max_audio_bytes", "ASR_MAX_AUDIO_BYTES", "largest audio file", "N"),
    Setting("allow_dir", "ASR_ALLOW_DIR", "folder to read audio from (repeatable)", "DIR"),
    Setting("max_message_bytes", "ASR_MAX_MESSAGE_BYTES", "largest message", "N"),
    Setting("framing", "ASR_FRAMING", "auto, line or header"),
    Setting("language", "ASR_LANGUAGE", "language of requests that give none", "CODE"),
    Setting("vad", "ASR_VAD", "voice activity detection of requests that give none"),
    Setting("beam_size", "ASR_BEAM_SIZE", "beam size of requests that give none", "N"),
    Setting("temperature", "ASR_TEMPERATURE", "temperatures to try in order", "T[,T...]"),
    Setting("patience", "ASR_PATIENCE", "patience of the beam search", "X"),
    Setting("compression_ratio_threshold", "ASR_COMPRESSION_RATIO_THRESHOLD", "above: loop", "X"),
    Setting("log_prob_threshold", "ASR_LOG_PROB_THRESHOLD", "below: failed attempt", "X"),
    Setting("no_speech_threshold", "ASR_NO_SPEECH_THRESHOLD", "above: no speech", "X"),
    Setting("encoder_context", "ASR_ENCODER_CONTEXT", "full, or fit: the audio and a margin"),
    Setting("batch_size", "ASR_BATCH_SIZE", "above 1: so many stretches of speech at a time", "N"),
    Setting("log_level", "ASR_LOG_LEVEL", "debug, info, warning or error"),
    Setting("log_text", "ASR_LOG_TEXT", "log transcripts too"),
    Setting("log_file", "ASR_LOG_FILE", "write the log to this file as well", "FILE"),
)


class BadSetting(Exception):
    """A value that a setting cannot have; the message names the setting."""


class Source(Struct, frozen=True):
    """A value and where it came from."""

    value: Any
    source: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command line that stand for settings."""
    group = parser.add_argument_group("settings")
    types = _types()
    for setting in TABLE:
        default = getattr(Settings(), setting.field)
        shown = f"{setting.help} [{setting.variable}; {_shown(default)}]".replace("%", "%%")
        if types[setting.field] is bool:
            group.add_argument(
                setting.flag, dest=setting.field, action=argparse.BooleanOptionalAction, help=shown
            )
        elif setting.field == "allow_dir":
            group.add_argument(
                setting.flag, dest=setting.field, action="append", metavar="DIR", help=shown
            )
        else:
            group.add_argument(
                setting.flag, dest=setting.field, metavar=setting.metavar or "WORD", help=shown
            )


def load(
    given: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[Settings, dict[str, Source]]:
    """The settings, and for each where it came from.

    Args:
        given: what the command line says, by field; None stands for nothing.
        environ: the environment.

    Raises:
        BadSetting: a value is wrong.
    """
    sources: dict[str, Source] = {}
    types = _types()
    for setting in TABLE:
        name, raw = setting.flag, given.get(setting.field)
        source = f"command line ({setting.flag})"
        if raw is None and (text := environ.get(setting.variable, "").strip()):
            name, raw, source = setting.variable, text, f"environment ({setting.variable})"
        if raw is None:
            sources[setting.field] = Source(getattr(Settings(), setting.field), "default")
            continue
        value = _converted(setting, name, raw, types[setting.field])
        sources[setting.field] = Source(value, source)
    return Settings(**{field: source.value for field, source in sources.items()}), sources


def from_process(given: Mapping[str, Any]) -> tuple[Settings, dict[str, Source]]:
    """`load` with this process's environment."""
    return load(given, os.environ)


def _converted(setting: Setting, name: str, raw: Any, expected: Any) -> Any:
    if setting.field == "allow_dir" and isinstance(raw, str):
        raw = [part for part in raw.split(os.pathsep) if part]
    elif setting.field == "temperature" and isinstance(raw, str):
        raw = [part.strip() for part in raw.split(",")]
    elif expected is bool and isinstance(raw, str):
        raw = {"1": True, "true": True, "yes": True, "on": True}.get(
            raw.lower(),
            {"0": False, "false": False, "no": False, "off": False}.get(raw.lower(), raw),
        )
    try:
        value = msgspec.convert(raw, expected, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(f"{name}={raw!r}: {error}") from None
    # No bound of a type keeps out a NaN, and not all of them are bounded.
    if isinstance(value, float) and not math.isfinite(value):
        raise BadSetting(f"{name}={raw!r}: not a finite number")
    parts = value if isinstance(value, tuple) else (value,)
    if not all(is_text(part) for part in parts if isinstance(part, str)):
        raise BadSetting(f"{name}={raw!r}: not valid UTF-8")
    return value


def _types() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        return ",".join(map(str, default)) or "none"
    return "none" if default is None else str(default)


def _user_cache() -> str:
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches")
    return os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")


def _hub_cache() -> str:
    """Where faster-whisper itself leaves the models that it downloads."""
    if hub := os.environ.get("HF_HUB_CACHE"):
        return hub
    home = os.environ.get("HF_HOME") or os.path.join(
        os.path.expanduser("~"), ".cache", "huggingface"
    )
    return os.path.join(home, "hub")


def worker_environment() -> dict[str, str]:
    """The environment of a worker: this one's, with the network of model hubs switched off."""
    return {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def describe(sources: Mapping[str, Source]) -> Sequence[str]:
    """One line for each setting: its value and where it came from."""
    width = max(len(setting.field) for setting in TABLE)
    return [
        f"{setting.field:<{width}}  {_shown(sources[setting.field].value):<24}  "
        f"{sources[setting.field].source}"
        for setting in TABLE
    ]
