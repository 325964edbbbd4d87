"""What the README and PROTOCOL.md say is what the program does."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from sidecar.core.errors import ERROR_TYPES, SidecarError
from sidecar.core.request import DecodingOptions, VadSilero, VadWebrtc
from sidecar.serve.discover import NOTIFIED, RESULTS
from sidecar.serve.params import TranscribeParams
from sidecar.settings import TABLE, Setting
from tests.commands.running import asr
from tests.e2e.client import Client

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PROTOCOL = (ROOT / "PROTOCOL.md").read_text("utf-8")


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.field)
def test_every_setting_is_in_the_readme(setting: Setting) -> None:
    assert f"| `{setting.flag}` | `{setting.variable}` |" in README


@pytest.mark.parametrize("error", ERROR_TYPES, ids=lambda error: error.kind)
@pytest.mark.parametrize("text", [README, PROTOCOL], ids=["README", "PROTOCOL"])
def test_every_error_is_described(error: type[SidecarError], text: str) -> None:
    assert str(error.code) in text
    assert f"`{error.kind}`" in text


@pytest.mark.parametrize(
    "name",
    [
        *RESULTS,
        *NOTIFIED,
        *TranscribeParams.__struct_fields__,
        *DecodingOptions.__struct_fields__,
        *VadWebrtc.__struct_fields__,
        *VadSilero.__struct_fields__,
    ],
)
def test_every_name_of_the_wire_is_in_the_protocol(name: str) -> None:
    assert f"`{name}`" in PROTOCOL


def test_the_commands_that_explain_time_run_as_the_readme_has_them(tmp_path: Path) -> None:
    lines = re.findall(r"^asr-sidecar ((?:profile|bench) .*)$", README, re.MULTILINE)
    assert len(lines) == 3
    shutil.copytree(ROOT / "sidecar" / "assets", tmp_path / "sidecar" / "assets")
    for line in lines:
        done = asr(*shlex.split(line), cwd=tmp_path)
        # A machine that has got busy since is no broken command.
        assert done.returncode == 0 or " worse" in done.stdout.decode(), done.stderr
    assert {path.name for path in tmp_path.glob("*.*")} == {
        "page.html",
        "trace.json",
        "before.json",
    }


def test_the_shell_lines_do_what_the_readme_says() -> None:
    block = re.search(r"<<'END'\n(.*?)END\n", README, re.DOTALL)
    assert block is not None
    with Client() as client:
        client.send_bytes(block[1].encode())
        client.close_stdin()
        answers = {id: client.answer(id).message for id in range(1, 7)}
        assert client.exit_code() == 0
    expected = json.loads((ROOT / "sidecar/assets/sample.json").read_text("utf-8"))
    assert answers[1]["result"]["pong"] is True
    assert answers[2]["result"]["text"] == expected["text"]
    kinds = [answers[id]["error"]["data"]["kind"] for id in (3, 4, 6)]
    assert kinds == ["timeout", "cancelled", "invalid_params"]
    assert answers[5]["result"] == {"cancelled": True}
    assert answers[6]["error"]["data"]["path"] == "options.beam_sise"
