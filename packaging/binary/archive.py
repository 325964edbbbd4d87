"""The built folder as one file, the same bytes from the same folder."""

import stat
import sys
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path


def pack(folder: Path, epoch_s: int) -> Path:
    """A .tar.xz beside `folder`, on Windows a .zip; every file as old as `epoch_s`."""
    if sys.platform == "win32":
        return _zip(folder, epoch_s)
    return _tar(folder, epoch_s)


def _tar(folder: Path, epoch_s: int) -> Path:
    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime, member.uid, member.gid = epoch_s, 0, 0
        member.uname = member.gname = ""
        if not member.issym():
            member.mode = 0o755 if member.isdir() or member.mode & stat.S_IXUSR else 0o644
        return member

    target = folder.with_name(f"{folder.name}.tar.xz")
    with tarfile.open(target, "w:xz", preset=6) as archive:
        for path in [folder, *sorted(folder.rglob("*"))]:
            name = path.relative_to(folder.parent).as_posix()
            archive.add(path, name, recursive=False, filter=plain)
    return target


def _zip(folder: Path, epoch_s: int) -> Path:
    at = datetime.fromtimestamp(epoch_s, UTC)
    target = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder.parent).as_posix()
                entry = zipfile.ZipInfo(name, at.timetuple()[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return target
