"""The numbers that the supervisor goes by."""

from typing import Literal

from msgspec import Struct

from sidecar.core.ipc import AudioLimits
from sidecar.core.thrift import Thrift

Standby = Literal["off", "warm", "hot"]


class Policy(Struct, frozen=True):
    """Limits and pauses; the settings fill it in."""

    limits: AudioLimits
    workers: int = 1
    standby: Standby = "off"
    queue_limit: int = 8
    load_timeout_s: float = 120.0
    stall_timeout_s: float = 5.0
    cancel_grace_s: float = 0.5
    confirm_exit_s: float = 2.0
    max_failed_starts: int = 5
    first_pause_s: float = 0.25
    longest_pause_s: float = 30.0
    standby_patience_s: float = 2.0
    """A new standby waits this long for running jobs to end, which its start would slow down."""
    quarantine_s: float = 300.0
    """For how long audio that has killed workers is refused; 0: it is not."""
    settled_s: float = 10.0
    """A worker that lived this long, or finished a job, has started well."""
    thrift: Thrift = Thrift()

    def pause_s(self, failed_starts: int) -> float:
        """How long to wait before the next start after so many failed ones in a row."""
        if failed_starts == 0:
            return 0.0
        return min(self.longest_pause_s, self.first_pause_s * 2.0 ** (failed_starts - 1))
