"""Two clients that were not written for it: plain Node, and Visual Studio Code's library."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.client import ROOT, command_line
from tests.e2e.jobs import EXPECTED, SAMPLE

SCRIPTS = Path(__file__).parent / "node"
NODE, NPM = shutil.which("node"), shutil.which("npm")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node")


@pytest.fixture(scope="module")
def vscode_jsonrpc(pytestconfig: pytest.Config) -> Path:
    """The folder that the library is installed in, kept between runs by pytest's cache."""
    if NPM is None:
        pytest.skip("there is no npm")
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("node-clients")
    wanted = (SCRIPTS / "package.json").read_bytes()
    mark = folder / "installed.json"
    if not mark.exists() or mark.read_bytes() != wanted:
        (folder / "package.json").write_bytes(wanted)
        flags = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(
            [NPM, "install", *flags], cwd=folder, capture_output=True, text=True, timeout=90
        )
        if done.returncode:
            pytest.skip(f"vscode-jsonrpc cannot be installed: {done.stderr.strip()[-200:]}")
        mark.write_bytes(wanted)
    return folder / "node_modules"


def run(script: str, **more: str) -> str:
    """Run a client; what it printed."""
    assert NODE is not None
    environment = {
        **os.environ,
        "SIDECAR_COMMAND": json.dumps(command_line()),
        "SIDECAR_SAMPLE": str(SAMPLE),
        "SIDECAR_EXPECTED": EXPECTED["text"],
        **more,
    }
    done = subprocess.run(
        [NODE, str(SCRIPTS / script)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_node
def test_a_line_client_in_plain_node_is_served() -> None:
    assert "after the deadline" in run("lines.js")


@needs_node
def test_the_library_of_visual_studio_code_is_served(vscode_jsonrpc: Path) -> None:
    run("vscode.js", NODE_PATH=str(vscode_jsonrpc))
