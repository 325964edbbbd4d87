"""Whisper's log-mel spectrogram in torch, equal to faster_whisper's FeatureExtractor to 1e-4."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray
from torch import Tensor

FRAMES_PER_SECOND = 100
HOP = 160
FFT = 400
DYNAMIC_RANGE_LOG10 = 8.0

_MEL_FILTERS = torch.tensor(FeatureExtractor().mel_filters)
_WINDOW = torch.hann_window(FFT, periodic=True)


def log_mel(audio: NDArray[np.float32]) -> Tensor:
    """Samples at 16 kHz to (80, whole frames of 10 ms)."""
    whole = audio[: len(audio) // HOP * HOP]
    padded = F.pad(torch.from_numpy(whole), (0, HOP))
    spectrum = torch.stft(
        padded, FFT, HOP, window=_WINDOW, center=True, pad_mode="reflect", return_complex=True
    )[:, :-1]
    power = spectrum.real**2 + spectrum.imag**2
    level = (_MEL_FILTERS @ power).clamp_min(1e-10).log10()
    level = level.maximum(level.max() - DYNAMIC_RANGE_LOG10)
    return level[:, : len(whole) // HOP] / 4 + 1
