"""The licences of everything that a built folder holds, as one text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path

from binary.components import Component, Contents

_TEXTS = Path(__file__).parents[1] / "licences"
_LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|thirdpartynotices)", re.IGNORECASE)
_RULE = "-" * 98
_HEAD = """
The licence above is asr-sidecar's. The executable and the folder beside it also hold the works
below, each under its own licence.

PyAV's build of FFmpeg reports the LGPL, version 3 or later, as its licence, and is linked to x264
and x265, which are under the GPL, version 2 or later, unless they are licensed otherwise from their
owners. Nothing here encodes video, but the libraries are in the folder. Who passes it on has the
duties of those licences: to pass on these texts, and to offer the sources, which are at the
addresses given. Who cannot do that replaces PyAV's libraries by an LGPL build of FFmpeg.
"""


def collect(
    contents: Contents,
    components: Sequence[Component],
    modules: Iterable[str],
    site_packages: Path,
) -> str:
    """The text. `modules` are the top-level Python modules in the executable.

    Raises:
        LookupError: a distribution has no licence text, and no component says which it is under.
    """
    present = {share.component.name for share in contents.shares}
    bundled = {*modules, *_top_names(contents)}
    named = {one.distribution.lower(): one for one in components if one.distribution}
    needed = {name for name, one in named.items() if one.name in present}
    sections = [_HEAD]
    used: set[str] = set()
    sections += [
        _distribution_text(distribution, named.get(_name(distribution)), used)
        for distribution in sorted(distributions(path=[str(site_packages)]), key=_name)
        if bundled & _tops(distribution) or _name(distribution) in needed
    ]
    sections += [
        _component_text(component, used)
        for component in components
        if component.licence and component.name in present
    ]
    sections += [_text(licence) for licence in sorted(used)]
    return "\n".join(sections)


def _top_names(contents: Contents) -> Iterator[str]:
    for share in contents.shares:
        yield from share.component.folders


def _name(distribution: Distribution) -> str:
    return distribution.metadata["Name"].lower()


def _tops(distribution: Distribution) -> set[str]:
    files = [file for file in distribution.files or () if file.suffix in (".py", ".so", ".pyd")]
    return {file.parts[0].partition(".")[0] for file in files}


def _distribution_text(
    distribution: Distribution, component: Component | None, used: set[str]
) -> str:
    metadata = distribution.metadata
    declared = [metadata[name] for name in ("License-Expression", "License") if name in metadata]
    licence = declared[0].strip().partition("\n")[0] if declared else "as follows"
    texts = list(_licence_texts(distribution))
    if not texts:
        if component is None or not component.licence:
            raise LookupError(f"{metadata['Name']} has no licence text: add it to components.toml")
        licence = component.licence
        used.add(licence)
    head = f"{_RULE}\n{metadata['Name']} {distribution.version} ({licence})\n{_RULE}\n"
    return "\n".join([head, *texts])


def _licence_texts(distribution: Distribution) -> Iterator[str]:
    for file in sorted(distribution.files or ()):
        in_metadata = file.parts[0].endswith(".dist-info")
        at_top = len(file.parts) == 2 and not in_metadata
        if (in_metadata or at_top) and _LICENCE_FILE.match(file.name) and file.suffix != ".py":
            yield Path(str(file.locate())).read_text("utf-8", "replace")


def _text(licence: str) -> str:
    text = (_TEXTS / f"{licence}.txt").read_text("utf-8")
    return f"{_RULE}\nText of {licence}\n{_RULE}\n\n{text}"


def _component_text(component: Component, used: set[str]) -> str:
    used.add(component.licence)
    return (
        f"{_RULE}\n{component.name} ({component.licence})\n{_RULE}\n\n"
        f"{component.why}\nCopyright (c) {component.copyright}\n{component.home}\n"
    )
