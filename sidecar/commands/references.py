"""What is really said in audio files, to compare transcripts with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sidecar.commands.inputs import BadUsage


def references_of(given: Sequence[Path], files: Sequence[str]) -> Mapping[str, str]:
    """The text of each of `files` that has one.

    One text for each file, in their order; or a table (.tsv), whose lines are a file's name or
    path, a tab, and its text.

    Raises:
        BadUsage: they do not fit the files, or are not UTF-8.
        OSError: one of them cannot be read.
    """
    if len(given) == 1 and given[0].suffix.lower() == ".tsv":
        return _from_table(given[0], files)
    if given and len(given) != len(files):
        raise BadUsage(
            f"{len(given)} references for {len(files)} files: give one --reference for each, in "
            "their order, or one .tsv with a line for each (name, tab, text)"
        )
    return {name: _read(path) for name, path in zip(files, given, strict=False)}


def _from_table(table: Path, files: Sequence[str]) -> Mapping[str, str]:
    texts = {}
    for number, line in enumerate(_read(table).splitlines(), 1):
        name, tab, text = line.partition("\t")
        if line.strip() and not tab:
            raise BadUsage(f"{table}, line {number}: no tab between the name and the text")
        texts[name] = text
    known = {name: texts.get(name) or texts.get(Path(name).name) for name in files}
    if missing := [name for name, text in known.items() if text is None]:
        raise BadUsage(f"{table} has no line for {missing[0]}")
    return {name: text for name, text in known.items() if text is not None}


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise BadUsage(f"{path} is not UTF-8") from None
