"""The self-test model and the samples."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("sidecar")
