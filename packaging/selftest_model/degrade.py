"""What happens to speech on its way: rooms, lines, noise, level; and sound without speech."""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, resample_poly

from .synthesis import SAMPLE_RATE_HZ

Audio = NDArray[np.float32]

NOISE_S = 40
NOISE_SLOPES = (0.0, 0.0, 0.3, 0.5, 0.7, 1.0, 1.0, 1.5, 2.0)
MAINS_HZ = 50
INT16_PEAK = 32_767


class Degrader:
    """Random changes to audio, the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.generator = np.random.default_rng(self.rng.randrange(2**63))
        self.noises = [self._coloured_noise(slope) for slope in NOISE_SLOPES]

    def degrade(self, audio: Audio) -> Audio:
        """Speech as a microphone may deliver it; the same length."""
        rng = self.rng
        if rng.random() < 0.06:
            audio = self._reverberate(audio)
        if rng.random() < 0.05:
            audio = _narrow(audio)
        if rng.random() < 0.5:
            loudness = np.sqrt((audio**2).mean() + 1e-9)
            level = loudness * _gain(-rng.uniform(14, 45))
            audio = audio + np.float32(level) * self._noise(len(audio))
        audio = _peak(audio, -rng.uniform(0, 26))
        if rng.random() < 0.5:
            audio = np.round(audio * INT16_PEAK) / np.float32(INT16_PEAK)
        return audio

    def speechless(self, longest_s: float) -> Audio:
        """Silence, noise, tones or clicks, of 0.5 s up to the longest."""
        rng = self.rng
        length = int(rng.uniform(0.5, longest_s) * 100) * (SAMPLE_RATE_HZ // 100)
        kind = rng.choices(("silence", "noise", "clicks", "tones"), (25, 40, 15, 20))[0]
        audio = np.zeros(length, np.float32)
        if kind == "silence":
            return audio
        if kind == "noise":
            audio = self._noise(length)
        elif kind == "clicks":
            audio = self._clicks(self._noise(length) * rng.uniform(0, 0.2))
        else:
            audio = self._tones(self._noise(length) * rng.uniform(0, 0.3))
        return _peak(audio, -rng.uniform(3, 60))

    def equalize(self, bands: int) -> NDArray[np.float32]:
        """A smooth random offset per mel band, in the units of the log-mel."""
        knots = self.generator.normal(0, 0.09, 6)
        curve = np.interp(np.arange(bands), np.linspace(0, bands - 1, 6), knots)
        return np.asarray(curve, np.float32)

    def _coloured_noise(self, slope: float) -> Audio:
        """Noise of unit power with a spectrum of 1 / f^slope, sometimes with mains hum."""
        length = NOISE_S * SAMPLE_RATE_HZ
        spectrum = np.fft.rfft(self.generator.standard_normal(length))
        frequency_hz = np.maximum(np.fft.rfftfreq(length, 1 / SAMPLE_RATE_HZ), 20)
        noise = np.fft.irfft(spectrum / frequency_hz**slope, length)
        noise /= noise.std()
        if self.rng.random() < 0.4:
            time_s = np.arange(length) / SAMPLE_RATE_HZ
            for harmonic in range(1, 6):
                phase = 2 * np.pi * MAINS_HZ * harmonic * time_s + self.rng.uniform(0, 6)
                noise += self.rng.uniform(0, 2) * np.sin(phase)
        return np.asarray(noise / noise.std(), np.float32)

    def _noise(self, length: int) -> Audio:
        noise = self.rng.choice(self.noises)
        start = self.rng.randrange(len(noise) - length)
        return np.array(noise[start : start + length], np.float32)

    def _reverberate(self, audio: Audio) -> Audio:
        length = int(SAMPLE_RATE_HZ * self.rng.uniform(0.08, 0.3))
        decay = np.exp(-6 * np.arange(length) / length)
        response = self.generator.standard_normal(length) * decay
        response *= self.rng.uniform(0.05, 0.25) / np.abs(response).max()
        response[0] = 1
        return np.asarray(fftconvolve(audio, response)[: len(audio)], np.float32)

    def _clicks(self, audio: Audio) -> Audio:
        for _ in range(self.rng.randint(1, 6)):
            start = self.rng.randrange(len(audio) - 400)
            click = self.generator.standard_normal(400) * np.exp(-np.arange(400) / 60)
            audio[start : start + 400] += click * self.rng.uniform(1, 6)
        return audio

    def _tones(self, audio: Audio) -> Audio:
        """A chord that comes and goes, or stays."""
        rng = self.rng
        time_s = np.arange(len(audio)) / SAMPLE_RATE_HZ
        sounding = np.sin(2 * np.pi * rng.uniform(0.2, 3) * time_s) > rng.uniform(-1.5, 0.5)
        for _ in range(rng.randint(1, 3)):
            tone = np.sin(2 * np.pi * rng.uniform(80, 3000) * time_s)
            audio = audio + (np.sign(tone) if rng.random() < 0.2 else tone) * sounding
        return audio


def _narrow(audio: Audio) -> Audio:
    """As over an 8 kHz line."""
    return np.asarray(resample_poly(resample_poly(audio, 1, 2), 2, 1)[: len(audio)], np.float32)


def _gain(level_db: float) -> float:
    return float(10 ** (level_db / 20))


def _peak(audio: Audio, level_db: float) -> Audio:
    peak = max(1e-6, float(np.abs(audio).max()))
    return (audio * (_gain(level_db) / peak)).astype(np.float32)
