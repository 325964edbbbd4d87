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
from sidecar.models import ASSETS
from sidecar.settings import Settings


class Sample(Struct, frozen=True):
    """What the sample says, and in which language."""

    text: str
    language: str

    def said_by(self, outcome: Outcome) -> bool:
        """Whether the outcome has the words of the sample."""
        return isinstance(outcome, TranscribeResult) and same_words(outcome.text, self.text)


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


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but case and punctuation."""
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
