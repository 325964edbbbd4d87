"""The built-in sample: a job that shows whether everything works."""

import os
import re
import time
import uuid

from msgspec import Struct, json

from sidecar.core.budget import Budget
from sidecar.core.job import Job
from sidecar.core.reply import Outcome, TranscribeResult
from sidecar.core.request import AudioSource, Transcription
from sidecar.models import ASSETS, SELFTEST
from sidecar.settings import Settings

ENOUGH = 0.8


class Sample(Struct, frozen=True):
    """What the sample says, and in which language."""

    text: str
    language: str

    def said_by(self, outcome: Outcome) -> bool:
        """Whether the outcome is this text, apart from case and punctuation.

        The built-in model must have every word; others may spell some in their own way ("25").
        """
        if not isinstance(outcome, TranscribeResult):
            return False
        needed = 1.0 if outcome.model.name == SELFTEST else ENOUGH
        return likeness(outcome.text, self.text) >= needed


def sample() -> Sample:
    """The sample's expected text."""
    with open(os.path.join(ASSETS, "sample.json"), "rb") as file:
        return json.decode(file.read(), type=Sample)


def sample_job(settings: Settings, reply_to: object) -> Job:
    """A job that transcribes the sample, as any other job is done."""
    return Job(
        f"sample-{uuid.uuid4().hex}",
        "sample",
        Transcription(
            AudioSource(path=os.path.join(ASSETS, "sample.flac")), language=sample().language
        ),
        total=Budget(settings.timeout_s),
        segments=Budget(settings.segments_timeout_s),
        received_at_s=time.monotonic(),
        reply_to=reply_to,
    )


def likeness(one: str, other: str) -> float:
    """How much of two texts is the same, word by word: from 0 to 1 for all of it."""
    from difflib import SequenceMatcher  # only who checks the sample needs it

    return SequenceMatcher(None, _words(one), _words(other), autojunk=False).ratio()


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
