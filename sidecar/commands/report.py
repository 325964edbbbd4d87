"""What is said about the files of one command, and what its exit code is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sidecar.commands.exit import ExitCode
from sidecar.commands.formats import Format, rendered
from sidecar.commands.inputs import Input
from sidecar.commands.output import complain, replace_file, write
from sidecar.commands.progress import ProgressLine, shortened
from sidecar.core.errors import JobTimeout
from sidecar.core.job import Job
from sidecar.core.reply import Failure, Outcome

NAME_LENGTH = 200


class Report:
    """Writes each outcome where it belongs: on stdout in the order of the inputs."""

    def __init__(
        self,
        inputs: Sequence[Input],
        formats: Sequence[Format],
        paths: Mapping[tuple[int, Format], Path],
        line: ProgressLine,
    ) -> None:
        """Without `paths` everything goes to stdout, in the one format."""
        self.total = len(inputs)
        self.done = 0
        self._failures: list[bool] = []
        """For each failure, whether it was for want of time."""
        self._inputs = inputs
        self._formats = formats
        self._paths = paths
        self._line = line
        self._held_back: dict[int, Outcome] = {}
        self._next = 0

    @property
    def left(self) -> int:
        """How many files have not been transcribed."""
        return self.total - self.done

    @property
    def exit_code(self) -> ExitCode:
        """What scripts are told when all files have been tried."""
        if not self._failures:
            return ExitCode.DONE
        return ExitCode.TIMEOUT if all(self._failures) else ExitCode.FAILED

    def progressed(self, job: Job) -> None:
        """Redraw the progress line."""
        given = job.reply_to
        assert isinstance(given, Input)
        self._line.show(given.name, job)

    def answered(self, job: Job, outcome: Outcome) -> None:
        """Write the outcome, and those that had to wait for it."""
        given = job.reply_to
        assert isinstance(given, Input)
        self._line.clear()
        self._held_back[given.index] = outcome
        while (ready := self._held_back.pop(self._next, None)) is not None:
            self._write(self._inputs[self._next], ready)
            self._next += 1

    def _write(self, given: Input, outcome: Outcome) -> None:
        try:
            for form in self._formats:
                self._write_format(given, outcome, form)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._failed(given, f"its transcript cannot be written: {error}")
            return
        if isinstance(outcome, Failure):
            late = isinstance(outcome.error, JobTimeout)
            self._failed(given, _sentence(outcome), late=late)
            return
        self.done += 1
        for warning in outcome.warnings:
            complain(f"{_shown(given)}: note: {warning}")

    def _write_format(self, given: Input, outcome: Outcome, form: Format) -> None:
        path = self._paths.get((given.index, form))
        document = rendered(outcome, form, one_line=path is None and self.total > 1)
        if document is None:
            return
        if path is not None:
            replace_file(path, document)
        elif self.total > 1 and form == "txt":
            write(_heading(given) + document)
        else:
            write(document)

    def _failed(self, given: Input, reason: str, *, late: bool = False) -> None:
        self._failures.append(late)
        complain(f"{_shown(given)}: {reason}")


def _shown(given: Input) -> str:
    return shortened("stdin" if given.path is None else given.name, NAME_LENGTH)


def _heading(given: Input) -> bytes:
    gap = "\n" if given.index else ""
    return f"{gap}==> {_shown(given)} <==\n".encode()


def _sentence(failure: Failure) -> str:
    """What went wrong, and how far it had come: the text itself would pass for the whole."""
    partial = failure.data.partial
    if partial is None or not partial.covered_s:
        return failure.error.message
    return f"{failure.error.message}, after {partial.covered_s:.1f} s of the audio"
