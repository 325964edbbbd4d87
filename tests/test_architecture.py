"""Imports point down, and the parent stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sidecar"

MAY_IMPORT = {
    "core": {"core"},
    "descriptors": set(),
    "version": set(),
    "models": {"core"},
    "settings": {"core", "models"},
    "audio": {"core", "audio"},
    "worker": {"core", "audio", "models", "descriptors", "worker"},
    "serve": {"core", "models", "settings", "descriptors", "version", "serve"},
    "report": {"core", "report"},
    "commands": {"core", "models", "settings", "serve", "version", "report", "commands"},
    "cli": {"core", "models", "settings", "serve", "worker", "commands", "version"},
    "__main__": {"cli"},
    "__init__": set(),
}
HEAVY = ("numpy", "av", "onnxruntime", "ctranslate2", "faster_whisper", "soundfile", "tokenizers")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    rooms = {
        name.split(".")[1]
        for name in imports_of(path)
        if name.startswith("sidecar.") and len(name.split(".")) > 1
    }
    assert rooms <= MAY_IMPORT[room_of(path)]


def test_only_one_module_reads_the_environment() -> None:
    readers = [
        path.name
        for path in sources()
        if any(
            isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    ]
    assert readers == ["settings.py"]


def test_the_core_and_the_reports_have_no_clock_no_threads_and_no_files() -> None:
    forbidden = {"time", "threading", "os", "subprocess", "asyncio", "queue", "socket", "signal"}
    for path in (*(PACKAGE / "core").glob("*.py"), *(PACKAGE / "report").glob("*.py")):
        assert not forbidden & {name.split(".")[0] for name in imports_of(path)}, path.name


def test_the_parent_imports_nothing_heavy() -> None:
    program = (
        "import sys; import sidecar.serve.main, sidecar.serve.server, sidecar.serve.discover; "
        "import sidecar.commands.transcribe, sidecar.commands.models, sidecar.commands.doctor; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
