"""One thing that there is to say about a job."""

from msgspec import Struct


class Finding(Struct, frozen=True):
    """A sentence, what to change if anything, and the seconds it is about."""

    text: str
    advice: str
    seconds: float
    is_problem: bool = False
    """Whether it explains slowness or a failure; else it is a remark."""
