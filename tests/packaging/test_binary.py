"""How the binary is put together, without building one."""

import sys
import tarfile
from pathlib import Path, PurePath

import pytest
from binary.archive import pack
from binary.components import account, component_of, library_name, listing, read_components
from binary.licences import collect
from binary.resource import version_resource

LICENCES = Path(__file__).parents[2] / "packaging" / "licences"


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("libavcodec-5e6b81c2.so.62.28.102", "avcodec"),
        ("avcodec-62-0a1b2c3d4e5f.dll", "avcodec"),
        ("libavcodec.62.28.102.dylib", "avcodec"),
        ("_webrtcvad.cpython-311-x86_64-linux-gnu.so", "_webrtcvad"),
        ("_webrtcvad.cp312-win_amd64.pyd", "_webrtcvad"),
        ("frame.abi3.so", "frame"),
        ("libscipy_openblas64_-32a4b2a6.so", "scipy_openblas64_"),
        ("libpython3.11.so.1.0", "python3"),
        ("libgfortran-040039e1-0352e75f.so.5.0.0", "gfortran"),
        ("libstdc++.so.6", "stdc++"),
        ("model.bin", None),
    ],
)
def test_a_library_is_known_by_its_name_on_every_system(file_name: str, name: str | None) -> None:
    assert library_name(file_name) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("asr-sidecar", "asr-sidecar"),
        ("_internal/av.libs/libx265-f5385bb8.so.216", "x265"),
        ("_internal/av/frame.abi3.so", "PyAV"),
        ("_internal/ctranslate2.libs/libgomp-e985bcbb.so.1.0.0", "GCC runtime"),
        ("_internal/python3.11/lib-dynload/_json.cpython-311-x86_64-linux-gnu.so", "Python"),
        ("_internal/_ssl.pyd", "Python"),
        ("_internal/tqdm-4.70.1.dist-info/METADATA", "metadata"),
        ("_internal/sidecar/assets/sample.flac", "asr-sidecar"),
        ("_internal/surprise.so", None),
    ],
)
def test_every_file_has_a_reason_to_be_there(path: str, name: str | None) -> None:
    component = component_of(PurePath(path), read_components())
    assert (component.name if component else None) == name


def test_every_component_says_why_and_what_it_is_under() -> None:
    for component in read_components():
        assert component.why
        if component.licence:
            assert component.copyright
            assert component.home.startswith("https://")
            assert (LICENCES / f"{component.licence}.txt").is_file()


def built(folder: Path) -> Path:
    for name, size in [
        ("asr-sidecar", 10),
        ("_internal/av.libs/libx264-d6533a8d.so.165", 40),
        ("_internal/surprise.so", 5),
    ]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    (folder / "asr-sidecar").chmod(0o755)
    return folder


def test_what_nobody_gave_a_reason_for_is_named(tmp_path: Path) -> None:
    contents = account(built(tmp_path), read_components())
    assert [(share.component.name, share.size_bytes) for share in contents.shares] == [
        ("x264", 40),
        ("asr-sidecar", 10),
    ]
    assert contents.unplaced == ("_internal/surprise.so",)
    assert "| x264 | 0.0 |" in listing(contents)


def installed(site: Path, name: str, licence: str | None) -> None:
    metadata = site / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    record = f"{name}.py,,\n{name}-1.0.dist-info/METADATA,,\n"
    if licence:
        (metadata / "LICENSE").write_text(licence)
        record += f"{name}-1.0.dist-info/LICENSE,,\n"
    (metadata / "RECORD").write_text(record)


def test_the_licences_are_those_of_what_is_in_it(tmp_path: Path) -> None:
    site, components = tmp_path / "site", read_components()
    installed(site, "present", "Be kind.")
    installed(site, "absent", "Be rich.")
    contents = account(built(tmp_path / "built"), components)
    text = collect(contents, components, {"present"}, site)
    assert "Be kind." in text
    assert "Be rich." not in text
    assert "x264 (GPL-2.0)" in text
    assert (LICENCES / "GPL-2.0.txt").read_text("utf-8") in text


def test_a_distribution_without_a_licence_is_not_passed_on(tmp_path: Path) -> None:
    installed(tmp_path, "nameless", None)
    contents = account(built(tmp_path / "built"), read_components())
    with pytest.raises(LookupError, match="nameless"):
        collect(contents, read_components(), {"nameless"}, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="a tar archive is for the others")
def test_the_same_folder_is_packed_into_the_same_bytes(tmp_path: Path) -> None:
    packed = []
    for place in ("a", "another"):
        archive = pack(built(tmp_path / place / "asr-sidecar"), 1_700_000_000)
        packed.append(archive.read_bytes())
    assert packed[0] == packed[1]
    with tarfile.open(archive) as members:
        program = members.getmember("asr-sidecar/asr-sidecar")
        assert (program.mode, program.mtime, program.uname) == (0o755, 1_700_000_000, "")


def test_the_version_resource_is_the_expression_that_windows_tools_read() -> None:
    class Node:
        def __init__(self, *parts: object, **fields: object) -> None:
            self.parts, self.fields = parts, fields

    names = ["VSVersionInfo", "FixedFileInfo", "StringFileInfo", "StringTable", "StringStruct"]
    names += ["VarFileInfo", "VarStruct"]
    text = version_resource("1.2.3", "0123456789abcdef")
    # S307: it is written to be evaluated, by PyInstaller.
    resource = eval(text, dict.fromkeys(names, Node))  # noqa: S307
    assert resource.fields["ffi"].fields["filevers"] == (1, 2, 3, 0)
    assert "1.2.3 (0123456789ab)" in text
