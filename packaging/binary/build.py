"""From a checkout to dist/asr-sidecar/."""

import ast
import os
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec

from binary.components import account, listing, read_components
from binary.environment import Environment
from binary.licences import collect
from binary.resource import version_resource
from binary.stamp import epoch_s, stamp_of
from binary.stripping import strip

LICENCES = "LICENSES.txt"
LISTING = "CONTENTS.md"


def build(checkout: Path) -> Path:
    """Build what is in `checkout`; the folder. What is not placed yet is named in its listing.

    Raises subprocess.CalledProcessError and LookupError.
    """
    work = checkout / "build"
    environment = Environment(work / "venv")
    environment.install(*_dependencies(checkout), "pyinstaller")
    stamp = stamp_of(checkout)
    (work / "build.json").write_bytes(msgspec.json.encode(stamp))
    resource = version_resource(_version(checkout), stamp.commit)
    (work / "version_resource.txt").write_text(resource, "utf-8")
    folder = _freeze(checkout, environment)
    saved_bytes = strip(folder)
    _drop_records(folder)
    components = read_components()
    contents = account(folder, components)
    modules = _frozen_modules(work)
    licences = collect(contents, components, modules, environment.site_packages)
    own = (checkout / "LICENSE").read_text("utf-8")
    (folder / LICENCES).write_text(f"{own}\n{licences}", "utf-8")
    text = listing(contents) + "".join(f"\nunplaced: {path}" for path in contents.unplaced)
    folder.with_name(LISTING).write_text(text, "utf-8")
    _say(f"{text}\nstripped: {saved_bytes / 1e6:.1f} MB\n")
    return folder


def _dependencies(checkout: Path) -> list[str]:
    project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["dependencies"])


def _version(checkout: Path) -> str:
    return str(runpy.run_path(str(checkout / "sidecar" / "version.py"))["VERSION"])


def _freeze(checkout: Path, environment: Environment) -> Path:
    command = [str(environment.python), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    places = ["--distpath", str(checkout / "dist"), "--workpath", str(checkout / "build")]
    shutil.rmtree(checkout / "build" / "pyinstaller", ignore_errors=True)
    subprocess.run(
        [*command, *places, str(checkout / "pyinstaller.spec")],
        check=True,
        # Sets would otherwise be written in an order of their own each time.
        env={**os.environ, "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(epoch_s(checkout))},
    )
    return checkout / "dist" / "asr-sidecar"


def _drop_records(folder: Path) -> None:
    """What pip noted about its own installing differs by where it installed."""
    for metadata in folder.glob("_internal/*.dist-info"):
        for path in metadata.iterdir():
            if path.is_file() and path.name != "METADATA":
                path.unlink()


def _frozen_modules(work: Path) -> set[str]:
    _, entries = ast.literal_eval((work / "pyinstaller" / "PYZ-00.toc").read_text("utf-8"))
    return {name.partition(".")[0] for name, _, _ in entries}


def _say(text: str) -> None:
    os.write(1, text.encode())
