"""The version resource that Windows shows of an executable."""

_TEXT = """VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3f, flags=0x0, OS=0x40004,
    fileType=0x1, subtype=0x0, date=(0, 0)),
  kids=[
    StringFileInfo([StringTable('040904B0', [
      StringStruct('FileDescription', 'Speech-to-text sidecar'),
      StringStruct('FileVersion', '{version}'),
      StringStruct('InternalName', 'asr-sidecar'),
      StringStruct('LegalCopyright', 'MIT licence; see LICENSES.txt'),
      StringStruct('OriginalFilename', 'asr-sidecar.exe'),
      StringStruct('ProductName', 'asr-sidecar'),
      StringStruct('ProductVersion', '{version} ({commit})')])]),
    VarFileInfo([VarStruct('Translation', [1033, 1200])])
  ]
)
"""


def version_resource(version: str, commit: str) -> str:
    """In the form that PyInstaller reads. `version` is `major.minor.patch`."""
    major, minor, patch = (int(part) for part in version.split("."))
    return _TEXT.format(numbers=(major, minor, patch, 0), version=version, commit=commit[:12])
