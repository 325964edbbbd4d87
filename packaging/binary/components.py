"""What a built folder consists of: each file belongs to a component that says why it is there."""

import re
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

import msgspec

_TABLE = Path(__file__).with_name("components.toml")
_LIBRARY = re.compile(
    r"(?:lib)?(?P<name>.+?)"
    r"(?:-\d+)?(?:-[0-9a-f]{6,})*"
    r"(?:\.cpython-[\w-]+|\.abi3|\.cp\d+-\w+)?"
    r"(?:\.\d+)*\.(?:so|dylib|dll|pyd)(?:\.\d+)*"
)
CONTENTS = "_internal"


class Component(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece that somebody made, as `components.toml` describes it."""

    name: str
    why: str
    folders: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    distribution: str = ""
    licence: str = ""
    copyright: str = ""
    home: str = ""


class Share(msgspec.Struct, frozen=True):
    """What one component takes of a folder."""

    component: Component
    size_bytes: int


class Contents(msgspec.Struct, frozen=True):
    """A folder's size by component, the largest first, and the files that belong to none."""

    shares: tuple[Share, ...]
    unplaced: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        """Of everything that was placed."""
        return sum(share.size_bytes for share in self.shares)


class _Table(msgspec.Struct):
    component: tuple[Component, ...]


def read_components() -> tuple[Component, ...]:
    """All known components."""
    return msgspec.toml.decode(_TABLE.read_bytes(), type=_Table).component


def library_name(file_name: str) -> str | None:
    """`libavcodec-5e6b81c2.so.62.28.102` is `avcodec`; None: not a native library."""
    match = _LIBRARY.fullmatch(file_name)
    return match["name"] if match else None


def component_of(path: PurePath, components: Sequence[Component]) -> Component | None:
    """Whose the file is; `path` is relative to the built folder."""
    by_name = {component.name: component for component in components}
    if path.parts[0] != CONTENTS:
        return by_name["asr-sidecar"]
    top, name = path.parts[1], library_name(path.name)
    for component in components:
        if top in component.folders:
            return component
    if name is not None:
        for component in components:
            if any(fnmatchcase(name, pattern) for pattern in component.libraries):
                return component
        if name in sys.stdlib_module_names:
            return by_name["Python"]
    if top.endswith(".dist-info"):
        return by_name["metadata"]
    return None


def account(folder: Path, components: Sequence[Component]) -> Contents:
    """Put every file of a built folder under its component."""
    sizes: dict[str, int] = {}
    unplaced = []
    for path, size_bytes in _files(folder):
        component = component_of(path, components)
        if component is None:
            unplaced.append(path.as_posix())
        else:
            sizes[component.name] = sizes.get(component.name, 0) + size_bytes
    shares = [Share(one, sizes[one.name]) for one in components if one.name in sizes]
    shares.sort(key=lambda share: -share.size_bytes)
    return Contents(tuple(shares), tuple(unplaced))


def listing(contents: Contents) -> str:
    """As a Markdown table."""
    rows = ["| component | MB | why |", "|---|---:|---|"]
    for share in contents.shares:
        component = share.component
        rows.append(f"| {component.name} | {share.size_bytes / 1e6:.1f} | {component.why} |")
    rows.append(f"| all | {contents.size_bytes / 1e6:.1f} | |")
    return "\n".join(rows) + "\n"


def _files(folder: Path) -> Iterator[tuple[PurePath, int]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder), path.stat().st_size
