"""The parameters of every method, and how JSON becomes them.

msgspec converts and checks the values; names are checked here first, so that an unknown one is
answered with its own path and the nearest name there is.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from sidecar.core.errors import InvalidParams
from sidecar.core.request import (
    AudioFormat,
    ChannelCount,
    DecodingOptions,
    LanguageCode,
    SampleRate,
    Task,
    VadOff,
    VadParams,
)

RequestSeconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]
Grace = Annotated[float, Meta(ge=0, le=86_400)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Id = str | int
QUOTED_CHARS = 200
"""So much of what was sent is said again. What is longer is no misspelt name either."""


class AudioParams(Struct, frozen=True):
    """Either `path`, or `data` (base64) of a `format`; raw samples need `sample_rate` too."""

    path: Annotated[str, Meta(min_length=1, max_length=32_768)] | None = None
    data: str | None = None
    format: AudioFormat = "file"
    sample_rate: SampleRate | None = None
    channels: ChannelCount | None = None


class TranscribeParams(Struct, frozen=True):
    """Parameters of `transcribe`."""

    audio: AudioParams
    language: LanguageCode = "auto"
    languages: tuple[LanguageCode, ...] = ()
    task: Task = "transcribe"
    options: DecodingOptions = DecodingOptions()
    vad: VadParams = VadOff()
    timeout_s: RequestSeconds | None = None
    segments_timeout_s: RequestSeconds | None = None
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    job_id: Name | None = None
    trace_id: Name | None = None
    stream: bool = False
    profile: bool = False
    workDoneToken: str | int | None = None


class InitializeParams(Struct, frozen=True):
    """Parameters of `initialize`."""

    client: dict[str, Any] | str | None = None
    protocol: int | None = None


class CancelParams(Struct, frozen=True):
    """Parameters of `cancel`: the id of the request, or the job's id."""

    id: Id | None = None
    job_id: Name | None = None


class CancelRequestParams(Struct, frozen=True):
    """Parameters of `$/cancelRequest` (Language Server Protocol)."""

    id: Id


class CancelledParams(Struct, frozen=True):
    """Parameters of `notifications/cancelled` (Model Context Protocol)."""

    requestId: Id
    reason: str | None = None


class StatusParams(Struct, frozen=True):
    """Parameters of `status`."""

    deep: bool = False


class LoadParams(Struct, frozen=True):
    """Parameters of `models.load`: without `model`, the configured one."""

    model: Name | None = None


class ShutdownParams(Struct, frozen=True):
    """Parameters of `shutdown`."""

    grace_s: Grace | None = None


class NoParams(Struct, frozen=True):
    """A method without parameters."""


P = TypeVar("P", bound=Struct)


def bind(
    expected: type[P],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> P:
    """The parameters as `expected`, whether they came by position or by name.

    Args:
        expected: the struct of the method's parameters.
        args: those given by position.
        kwargs: those given by name.
        defaults: for those not given; an object is completed member by member.

    Raises:
        InvalidParams: `data.path` names the offending one.
    """
    names = expected.__struct_fields__
    if len(args) > len(names):
        raise InvalidParams(f"there are at most {len(names)} parameters", path=str(len(names)))
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    check_names(expected, given, "")
    try:
        return msgspec.convert(_completed(given, defaults), expected)
    except msgspec.ValidationError as error:
        # msgspec tells where only in its message, behind a fixed mark.
        reason, _, where = str(error).partition(" - at `$")
        path = where.removesuffix("`").removeprefix(".")
        raise InvalidParams(f"{path or 'params'}: {reason:.{QUOTED_CHARS}}", path=path) from None


def _completed(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    completed = {**defaults, **given}
    for name, default in defaults.items():
        value = completed[name]
        if isinstance(value, dict) and isinstance(default, dict) and "engine" not in default:
            completed[name] = {**default, **value}
    return completed


def check_names(expected: type[Struct], value: Mapping[str, Any], path: str) -> None:
    """Every name must be known and every required one present, all the way down."""
    fields = {field.name: field for field in msgspec.structs.fields(expected)}
    for name in value:
        if name not in fields:
            raise _unknown(name, list(fields), path)
    for name, field in fields.items():
        where = f"{path}.{name}" if path else name
        if field.required and name not in value:
            raise InvalidParams(f"{where} is missing", path=where)
        inner = value.get(name)
        if isinstance(inner, dict) and (nested := _nested(expected, name, inner)):
            tag = nested.__struct_config__.tag_field
            check_names(nested, {k: v for k, v in inner.items() if k != tag}, where)


def _unknown(name: str, known: Sequence[str], path: str) -> InvalidParams:
    import difflib

    where = (f"{path}.{name}" if path else name)[:QUOTED_CHARS]
    nearest = difflib.get_close_matches(name[:QUOTED_CHARS], known, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return InvalidParams(f"{where} is not known{hint}", path=where)


def _nested(expected: type[Struct], name: str, value: Mapping[str, Any]) -> type[Struct] | None:
    """The struct that a member is to be: of a tagged union, the one whose tag it carries."""
    hint = get_type_hints(expected)[name]
    candidates: list[type[Struct]] = [t for t in (hint, *get_args(hint)) if _is_struct(t)]
    for candidate in candidates:
        config = candidate.__struct_config__
        if config.tag_field is None or value.get(config.tag_field) == config.tag:
            return candidate
    return None


def _is_struct(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, Struct)
