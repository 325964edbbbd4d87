"""The virtual environment that the binary is built in: clean, and the same every time."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

_PINS = Path(__file__).parents[1] / "constraints.txt"


class Environment:
    """A virtual environment in `folder`, which is made anew."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True, symlinks=os.name != "nt")
        self._bin = folder / ("Scripts" if os.name == "nt" else "bin")
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        library = Path("Lib") if os.name == "nt" else Path("lib", version)
        self.site_packages = folder / library / "site-packages"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self._bin / ("python.exe" if os.name == "nt" else "python")

    def install(self, *what: str) -> None:
        """Install distributions in the versions that are pinned.

        Raises subprocess.CalledProcessError.
        """
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "install", "--constraint", str(_PINS), *what], check=True)
