"""The job that a file becomes."""

import time
import uuid

from msgspec import Struct, convert, structs

from sidecar.commands.inputs import Input
from sidecar.core.budget import Budget
from sidecar.core.job import Job
from sidecar.core.request import AudioSource, Task, Transcription, VadParams
from sidecar.serve.arguments import Arguments
from sidecar.settings import Settings


class Wanted(Struct, frozen=True):
    """How files are to be transcribed. Limits that are None grow with the length of the audio."""

    settings: Settings
    task: Task = "transcribe"
    word_timestamps: bool = False
    timeout_s: float | None = None
    segments_timeout_s: float | None = None
    profile: bool = False
    functions: bool = False

    @classmethod
    def of(cls, given: Arguments) -> "Wanted":
        """As a command line says; only limits that it gives are obeyed as they are."""
        settings = given.settings
        return cls(
            settings,
            task=given.options.task,
            word_timestamps=given.options.word_timestamps,
            timeout_s=settings.timeout_s if given.on_command_line("timeout_s") else None,
            segments_timeout_s=settings.segments_timeout_s
            if given.on_command_line("segments_timeout_s")
            else None,
        )

    def job(self, given: Input) -> Job:
        """The job of `given`, its time running from now. The trace id is the file's name."""
        return Job(
            uuid.uuid4().hex,
            given.name.encode("utf-8", "replace").decode(),
            self._transcription(given),
            payload=given.content,
            total=self.settings.total_budget(self.timeout_s),
            segments=self._segments(),
            received_at_s=time.monotonic(),
            reply_to=given,
        )

    def _segments(self) -> Budget:
        """A whole time that was given is not cut short by a part's default."""
        return self.settings.segments_budget(self.segments_timeout_s or self.timeout_s)

    def _transcription(self, given: Input) -> Transcription:
        settings = self.settings
        return Transcription(
            AudioSource(path=str(given.path) if given.path else None),
            language=None if settings.language == "auto" else settings.language,
            task=self.task,
            options=structs.replace(settings.decoding(), word_timestamps=self.word_timestamps),
            vad=convert({"engine": settings.vad}, VadParams),
            profile=self.profile,
            functions=self.functions,
        )
