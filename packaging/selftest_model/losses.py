"""What training minimizes: the transcript's cross-entropy, and two aids that are thrown away.

Connectionist temporal classification (Graves et al., 2006) on the encoder's output, and mass of
the cross-attention outside of the place where a token is spoken. Without them such a small network
on such short training learns nothing in its first half hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .network import Whisper
from .targets import IGNORED, Batch

LABEL_SMOOTHING = 0.02
# Encoder positions of 20 ms are averaged in pairs: enough for the shortest words.
CTC_POOLING = 2
GUIDED_HEADS = 2
LEAST_MASS = 1e-3


@dataclass
class Losses:
    """Scalars; `accuracy` is of labels, without gradient."""

    transcript: Tensor
    ctc: Tensor
    attention: Tensor
    accuracy: Tensor


class Trainee(nn.Module):
    """The network with a classifier of its encoder's output for CTC."""

    def __init__(self, network: Whisper, end_of_text: int) -> None:
        super().__init__()
        self.network = network
        self.blank = end_of_text
        self.spoken = nn.Linear(network.shape.width, end_of_text + 1)

    def forward(self, batch: Batch, teach_encoder_ctc: bool = True) -> Losses:
        """`teach_encoder_ctc` off trains the CTC classifier without moving the encoder."""
        mel = batch.mel.to(self.spoken.weight.dtype)
        memory = self.network.encoder(mel, batch.offsets)
        logits, weights = self.network.decoder(batch.tokens, memory)
        logits = logits.float()
        known = batch.labels != IGNORED
        correct = (logits.argmax(-1) == batch.labels) & known
        return Losses(
            transcript=F.cross_entropy(
                logits.flatten(0, 1), batch.labels.flatten(), label_smoothing=LABEL_SMOOTHING
            ),
            ctc=self._ctc(memory if teach_encoder_ctc else memory.detach(), batch),
            attention=_stray_attention(weights[:, :GUIDED_HEADS], batch.spans),
            accuracy=(correct.sum() / known.sum()).detach(),
        )

    def _ctc(self, memory: Tensor, batch: Batch) -> Tensor:
        pooled = F.avg_pool1d(memory.transpose(1, 2), CTC_POOLING).transpose(1, 2)
        scores = self.spoken(pooled).float().log_softmax(-1).transpose(0, 1)
        losses = F.ctc_loss(
            scores,
            batch.spoken,
            (batch.heard // CTC_POOLING).clamp_min(1),
            batch.spoken_lengths,
            blank=self.blank,
            reduction="none",
            zero_infinity=True,
        )
        # An item without speech would count as many times as it has frames.
        spoken = batch.spoken_lengths > 0
        return (losses[spoken] / batch.spoken_lengths[spoken]).sum() / len(losses)


def _stray_attention(weights: Tensor, spans: Tensor) -> Tensor:
    """Mean negative logarithm of the attention within each label's span.

    Takes (batch, heads, length, positions) and (batch, length, 2).
    """
    cumulated = F.pad(weights.float().cumsum(-1), (1, 0))
    heads = weights.shape[1]
    first, last = spans[:, None, :, :].expand(-1, heads, -1, -1).clamp_min(0).unbind(-1)
    up_to_last = cumulated.gather(-1, last[..., None] + 1)
    mass = (up_to_last - cumulated.gather(-1, first[..., None])).squeeze(-1)
    guided = (spans[:, :, 0] >= 0)[:, None, :].expand_as(mass)
    stray = -(mass.clamp_min(0) + LEAST_MASS).log()
    return torch.where(guided, stray, 0.0).sum() / guided.sum().clamp_min(1)
