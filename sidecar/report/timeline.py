"""When the windows of a job were worked on, and with what: from its spans, not by adding up."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from msgspec import Struct

from sidecar.core.result import Attempt, Window
from sidecar.core.timing import Phase, PhaseSpan
from sidecar.report.account import Account
from sidecar.report.decoding import is_rejected

Work = Literal["encode", "accepted", "rejected", "cut", "align"]


class Block(Struct, frozen=True):
    """One piece of work on a window; `at_s` is counted from the reading of the request."""

    work: Work
    name: str
    at_s: float
    took_s: float
    attempt: Attempt | None = None


class Stay(Struct, frozen=True):
    """All the work on one window; those of a batch, which share it, differ in their lane."""

    number: int
    window: Window
    lane: int
    at_s: float
    took_s: float
    blocks: Sequence[Block]

    @property
    def attempts(self) -> Sequence[Block]:
        """The attempts among the work."""
        return [block for block in self.blocks if block.work not in ("encode", "align")]


def stays(account: Account) -> Iterator[Stay]:
    """The windows in their order. Those whose encoder pass began together are a batch."""
    numbered = list(enumerate(account.windows, 1))
    batches = [list(batch) for _, batch in groupby(numbered, lambda entry: entry[1].at_s)]
    starts_s = [batch[0][1].at_s for batch in batches]
    ends_s = [*starts_s, float("inf")][1:]
    for batch, at_s, until_s in zip(batches, starts_s, ends_s, strict=True):
        spans = [span for span in account.spans if at_s <= span.at_s < until_s]
        for lane, (number, window) in enumerate(batch):
            blocks = _blocks(window, spans, len(batch))
            end_s = max((block.at_s + block.took_s for block in blocks), default=at_s)
            yield Stay(number, window, lane, at_s, end_s - at_s, blocks)


def _blocks(window: Window, spans: Sequence[PhaseSpan], batch: int) -> Sequence[Block]:
    attempts = [
        Block(
            "rejected" if is_rejected(attempt) else "accepted",
            f"attempt {index}",
            attempt.at_s,
            # A batch shares the time of its attempt out to its windows.
            attempt.generate_s * batch,
            attempt,
        )
        for index, attempt in enumerate(window.attempts, 1)
    ]
    blocks = [
        *(_block("encode", span) for span in spans if span.phase is Phase.ENCODE),
        *attempts,
        *_cut_short(spans, len(attempts)),
        *(_block("align", span) for span in spans if span.phase is Phase.ALIGN),
    ]
    return sorted(blocks, key=lambda block: block.at_s)


def _block(work: Work, span: PhaseSpan) -> Block:
    return Block(work, span.phase, span.at_s, span.took_s)


def _cut_short(spans: Sequence[PhaseSpan], finished: int) -> Iterator[Block]:
    """The attempt during which the job was ended: it generated, and nothing is known of it."""
    generating = sorted((span.at_s, span) for span in spans if span.phase is Phase.GENERATE)
    for _, span in generating[finished:]:
        yield Block("cut", f"attempt {finished + 1}, cut short", span.at_s, span.took_s)
