"""What `doctor` finds out, piece by piece."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

Mark = Literal["ok", "info", "fail"]
_SHOWN = {"ok": "ok  ", "info": "    ", "fail": "FAIL"}


class Finding(Struct, frozen=True):
    """One thing that is so; `fail` where something that is needed does not work."""

    name: str
    mark: Mark
    text: str


class Diagnosis(Struct, frozen=True):
    """All of it, and whether everything that is needed works."""

    ok: bool
    findings: Sequence[Finding]

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "Diagnosis":
        """The diagnosis that these findings make."""
        return cls(not any(finding.mark == "fail" for finding in findings), findings)

    def encoded(self) -> bytes:
        """As one JSON object on a line."""
        return msgspec.json.encode(self) + b"\n"


def line_of(finding: Finding) -> str:
    """A line for people."""
    return f"{_SHOWN[finding.mark]}  {finding.name:<15} {finding.text}"
