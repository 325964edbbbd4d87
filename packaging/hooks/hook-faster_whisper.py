"""The Silero model is data of faster_whisper: without it the first detection of speech fails."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("faster_whisper")
