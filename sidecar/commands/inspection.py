"""Runs the probes in a process of their own, under a deadline."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Sequence

import msgspec

from sidecar.commands.finding import Finding
from sidecar.commands.probes import PROBES
from sidecar.serve.shell import own_command
from sidecar.settings import worker_environment

LIMIT_S = 90.0
"""Importing everything from a cold disk takes a while; a library that hangs takes for ever."""


def inspect(device: str) -> list[Finding]:
    """What the probes find, or that they broke down, and at which library."""
    return concluded(*run_probes([*own_command(), "doctor", "--inspect", device], LIMIT_S))


def concluded(lines: bytes, ending: str | None) -> list[Finding]:
    """The findings in `lines`; `ending` is what went wrong with the process, if anything did."""
    findings = list(_parsed(lines))
    found = {finding.name for finding in findings}
    missing = [name for name in PROBES if name not in found]
    if missing:
        culprit, *untried = missing
        rest = f"; not tried: {', '.join(untried)}" if untried else ""
        findings.append(Finding(culprit, "fail", f"{ending or 'it said nothing'}{rest}"))
    return findings


def _parsed(lines: bytes) -> Iterator[Finding]:
    for line in lines.splitlines():
        # A library may print something of its own.
        with contextlib.suppress(msgspec.DecodeError):
            yield msgspec.json.decode(line, type=Finding)


def run_probes(command: Sequence[str], limit_s: float) -> tuple[bytes, str | None]:
    """What the command says within `limit_s`, and what went wrong with it, if anything did."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=worker_environment(),
    ) as process:
        try:
            lines, errors = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0], f"hangs: killed after {limit_s:g} s"
        finally:
            process.kill()
    return lines, _ending(process.returncode, errors)


def _ending(returncode: int, errors: bytes) -> str | None:
    if returncode == 0:
        return None
    last_line = errors.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
    if returncode > 0:
        return f"ended the process with code {returncode}: {last_line}"
    name = signal.Signals(-returncode).name
    return f"crashed the process ({name}): {last_line}".removesuffix(": ")
