"""Sentences to clean speech, by espeak-ng, flite and festival."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin
from scipy.signal import resample_poly

from .grammar import Sentence
from .voices import Voice

SAMPLE_RATE_HZ = 16_000
FRAME = SAMPLE_RATE_HZ // 100
SILENCE_DB = -36.0
PEAK = 0.5
ESPEAK_WORDS_PER_MINUTE = 165


@dataclass(frozen=True)
class Manner:
    """How a voice speaks: `pace` relative to its own, `pitch` from 0 (low) to 1; None as it is."""

    pace: float = 1.0
    pitch: float | None = None


def speak(voice: Voice, sentences: list[Sentence], manner: Manner) -> list[NDArray[np.float32]]:
    """One 16 kHz mono recording per sentence, trimmed of silence, with a peak of 0.5.

    A recording that the synthesizer failed to make, or that is shorter than 0.1 s, is empty.
    """
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name) / f"{number}.wav" for number in range(len(sentences))]
        if voice.engine == "festival":
            _festival(voice, sentences, manner, paths)
        else:
            run = _espeak if voice.engine == "espeak-ng" else _flite
            for sentence, path in zip(sentences, paths, strict=True):
                run(voice, sentence, manner, path)
        return [_trim(_read(path)) for path in paths]


def pinyin(text: str) -> str:
    """Mandarin text as numbered pinyin, which espeak-ng's cmn-latn-pinyin voice reads."""
    syllables = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")
    return " ".join(syllables) + ("?" if text.endswith("？") else ".")


def _espeak(voice: Voice, sentence: Sentence, manner: Manner, path: Path) -> None:
    text = pinyin(sentence.text) if voice.language == "zh" else sentence.text
    pace = ["-s", str(round(ESPEAK_WORDS_PER_MINUTE * manner.pace))]
    pitch = [] if manner.pitch is None else ["-p", str(round(20 + 60 * manner.pitch))]
    _run("espeak-ng", "-v", voice.name, *pace, *pitch, "-w", str(path), text)


def _flite(voice: Voice, sentence: Sentence, manner: Manner, path: Path) -> None:
    options = ["--setf", f"duration_stretch={1 / manner.pace:.2f}"]
    if manner.pitch is not None:
        low_hz = 140 if voice.name == "slt" else 85
        options += ["--setf", f"int_f0_target_mean={low_hz * (1 + 0.6 * manner.pitch):.0f}"]
    _run("flite", "-voice", voice.name, *options, "-t", sentence.text, "-o", str(path))


def _festival(voice: Voice, sentences: list[Sentence], manner: Manner, paths: list[Path]) -> None:
    lines = [f"(voice_{voice.name})", f"(Parameter.set 'Duration_Stretch {1 / manner.pace:.2f})"]
    for sentence, path in zip(sentences, paths, strict=True):
        spoken = f'(utt.synth (Utterance Text "{sentence.text}"))'
        lines.append(f'(utt.save.wave {spoken} "{path}" \'riff)')
    script = paths[0].with_suffix(".scm")
    script.write_text("\n".join(lines))
    _run("festival", "-b", str(script))


def _run(*command: str) -> None:
    """Failures show as missing recordings, which the caller leaves out."""
    subprocess.run(command, capture_output=True, check=False)


def _read(path: Path) -> NDArray[np.float32]:
    if not path.exists():
        return np.zeros(0, np.float32)
    samples, rate_hz = soundfile.read(path, dtype="float32")
    if rate_hz == SAMPLE_RATE_HZ:
        return np.asarray(samples, np.float32)
    common = np.gcd(rate_hz, SAMPLE_RATE_HZ)
    resampled = resample_poly(samples, SAMPLE_RATE_HZ // common, rate_hz // common)
    return np.asarray(resampled, np.float32)


def _trim(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """From the first to the last 10 ms frame above -36 dB of the loudest one."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    if len(frames) < 10:
        return np.zeros(0, np.float32)
    loudness = np.sqrt((frames**2).mean(1))
    loud = np.flatnonzero(loudness > loudness.max() * 10 ** (SILENCE_DB / 20))
    trimmed = frames[loud[0] : loud[-1] + 1].ravel() if len(loud) else samples[:0]
    if len(trimmed) < SAMPLE_RATE_HZ // 10:
        return np.zeros(0, np.float32)
    return np.asarray(trimmed * (PEAK / np.abs(trimmed).max()), np.float32)
