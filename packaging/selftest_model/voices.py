"""Who speaks: the synthesizers' voices, and which of them are never trained on.

Held-out voices were chosen by name before anything was measured, and no model of this lineage has
been trained on them.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

ACCENTS = ["en-us", "en-gb"]
MORE_ACCENTS = [*ACCENTS, "en-gb-x-rp", "en-gb-scotland", "en-us-nyc", "en-029", "en-gb-x-gbclan"]
# espeak-ng's plain "cmn" voice reads Han characters as English letters, so pinyin is what it gets.
MANDARIN = "cmn-latn-pinyin"

CORE_VARIANTS = ["", "m1", "m3", "f1", "f2", "f4"]
HELD_OUT_VARIANTS = [
    *("f5", "m7", "Annie", "klatt3", "linda", "iven2"),
    *("steph2", "edward", "Mike", "victor", "belinda", "max"),
]
# Whispered, robotic or distorted voices, which nobody would take for ordinary speech.
UNUSED_VARIANTS = {
    *("whisper", "whisperf", "croak", "fast", "Demonic", "UniRobot", "AnxiousAndy", "Mr serious"),
    *("anikaRobot", "announcer", "robosoft", *(f"robosoft{number}" for number in range(2, 9))),
}
FLITE_VOICES = ["kal", "kal16", "awb", "slt"]
FESTIVAL_VOICES = ["kal_diphone", "ked_diphone"]


@dataclass(frozen=True)
class Voice:
    """A voice by the name its synthesizer knows ("espeak-ng", "flite" or "festival")."""

    engine: str
    name: str
    language: str

    def __str__(self) -> str:
        return f"{self.engine} {self.name}"


class MissingVoicesError(RuntimeError):
    """A synthesizer or one of the voices that the recipe asks for is not installed."""


def _espeak(accent: str, variant: str) -> Voice:
    language = "zh" if accent == MANDARIN else "en"
    return Voice("espeak-ng", f"{accent}+{variant}" if variant else accent, language)


def _english(flite: list[str], festival: list[str], variants: list[str]) -> list[Voice]:
    return [
        *(_espeak(accent, variant) for accent in ACCENTS for variant in variants),
        *(Voice("flite", name, "en") for name in flite),
        *(Voice("festival", name, "en") for name in festival),
    ]


def core(language: str) -> list[Voice]:
    """The trained voices that the figures for "trained voices" are measured with."""
    if language == "zh":
        return [_espeak(MANDARIN, variant) for variant in CORE_VARIANTS]
    return _english(FLITE_VOICES, FESTIVAL_VOICES, CORE_VARIANTS)


def held_out(language: str) -> list[Voice]:
    """The voices kept from training."""
    if language == "zh":
        return [_espeak(MANDARIN, variant) for variant in HELD_OUT_VARIANTS]
    return _english(["rms"], ["cmu_us_slt_arctic_hts"], HELD_OUT_VARIANTS)


def various(language: str) -> list[Voice]:
    """The remaining espeak-ng voices, trained on for variety.

    Raises MissingVoicesError when espeak-ng is not installed.
    """
    kept_back = UNUSED_VARIANTS.union(CORE_VARIANTS, HELD_OUT_VARIANTS)
    variants = [name for name in installed_variants() if name not in kept_back]
    accents = [MANDARIN] if language == "zh" else MORE_ACCENTS
    return [_espeak(accent, variant) for accent in accents for variant in variants]


def installed_variants() -> list[str]:
    """The names of espeak-ng's voice variants, in alphabetical order."""
    lines = _output("espeak-ng", "--voices=variant").splitlines()
    return sorted(line.split("!v/")[1].strip() for line in lines if "!v/" in line)


def require_all() -> None:
    """Check that every synthesizer and named voice is there; raises MissingVoicesError."""
    variants = {f"espeak-ng variant {name}" for name in installed_variants()}
    flite = {f"flite {name}" for name in _output("flite", "-lv").split(":")[-1].split()}
    listed = _output("festival", "-b", "(print (voice.list))").strip("()\n ")
    present = variants | flite | {f"festival {name}" for name in listed.split()}
    wanted = {
        *(f"espeak-ng variant {name}" for name in [*CORE_VARIANTS[1:], *HELD_OUT_VARIANTS]),
        *(str(voice) for voice in core("en") + held_out("en") if voice.engine != "espeak-ng"),
    }
    if missing := sorted(wanted - present):
        raise MissingVoicesError(f"not installed: {', '.join(missing)}")


def _output(program: str, *arguments: str) -> str:
    if shutil.which(program) is None:
        raise MissingVoicesError(f"{program} is not installed")
    command = [program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
