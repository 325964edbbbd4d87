"""PyInstaller's own hook copies the metadata of `webrtcvad`, which the kept fork is not called."""

from PyInstaller.utils.hooks import copy_metadata

datas = copy_metadata("webrtcvad-wheels")
