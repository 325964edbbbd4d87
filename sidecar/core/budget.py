"""How long a job may take, and how long killing its worker takes."""

from msgspec import Struct

GIB = 1 << 30
HEADROOM = 1.15


class Budget(Struct, frozen=True):
    """A limit in seconds that may grow with the length of the audio."""

    floor_s: float
    per_audio_s: float = 0.0
    """Seconds allowed for each second of audio; 0 for a limit that is obeyed as it is."""

    def limit_s(self, audio_s: float) -> float:
        """The limit for audio of `audio_s` seconds (0 while the length is not known)."""
        return max(self.floor_s, self.per_audio_s * audio_s)


class KillCost(Struct, frozen=True):
    """What a kill takes, from the signal to the confirmed exit.

    It grows with the memory that the system has to take back. The first estimate is deliberately
    high; `learned` moves it towards what kills take on this machine, and a little beyond: to
    answer late breaks the promise, to answer a few milliseconds early does not.
    """

    fixed_s: float = 0.012
    per_gib_s: float = 0.11
    factor: float = 1.0

    def lead_s(self, rss_bytes: int) -> float:
        """How long before a deadline the kill of a worker of this size has to begin."""
        return self.factor * (self.fixed_s + self.per_gib_s * rss_bytes / GIB)

    def learned(self, rss_bytes: int, took_s: float) -> "KillCost":
        """The estimate after a kill that took `took_s`: up at once, down slowly."""
        ratio = HEADROOM * took_s / (self.fixed_s + self.per_gib_s * rss_bytes / GIB)
        factor = max(ratio, 0.7 * self.factor + 0.3 * ratio)
        return KillCost(self.fixed_s, self.per_gib_s, min(max(factor, 0.5), 5.0))
