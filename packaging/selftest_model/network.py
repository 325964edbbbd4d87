"""Whisper's network (Radford et al., 2022) at a size that two processor cores can train.

Modules are named as CTranslate2's WhisperSpec names its variables, which makes conversion a matter
of spelling. Convolutions and the joined query, key and value projections run as single matrix
products, several times faster on a CPU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ENCODER_POSITIONS = 1500
DECODER_POSITIONS = 448


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    vocabulary: int
    width: int = 128
    heads: int = 4
    inner_width: int = 512
    encoder_layers: int = 3
    decoder_layers: int = 2
    mels: int = 80


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's fixed encoder positions, (length, width)."""
    step = math.log(10_000) / (width // 2 - 1)
    angles = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(width // 2))
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Convolution(nn.Conv1d):
    """A convolution of three frames over (batch, frames, channels)."""

    def forward(self, frames: Tensor) -> Tensor:
        stride = self.stride[0]
        padded = F.pad(frames, (0, 0, 1, 1))
        last = frames.shape[1] // stride * stride
        taps = [padded[:, tap : tap + last : stride] for tap in range(3)]
        weight = self.weight.transpose(1, 2).flatten(1)
        return F.linear(torch.cat(taps, dim=-1), weight, self.bias)


class Attention(nn.Module):
    """Pre-normalized attention to itself, or with `crossed` to another sequence."""

    def __init__(self, shape: Shape, crossed: bool = False) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.layer_norm = nn.LayerNorm(width)
        inward = [(width, width), (width, 2 * width)] if crossed else [(width, 3 * width)]
        self.linear = nn.ModuleList(nn.Linear(*sizes) for sizes in [*inward, (width, width)])

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        query, key, value = self._split(self.linear[0](self.layer_norm(x)), 3)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
        return x + self._join(mixed)

    def attend(self, x: Tensor, memory: Tensor, weigh: bool) -> tuple[Tensor, Tensor | None]:
        """Attention to (batch, positions, width); with `weigh` also (batch, heads, x, memory)."""
        (query,) = self._split(self.linear[0](self.layer_norm(x)), 1)
        key, value = self._split(self.linear[1](memory), 2)
        if not weigh:
            return x + self._join(F.scaled_dot_product_attention(query, key, value)), None
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        weights = scores.float().softmax(-1)
        return x + self._join(weights.to(value.dtype) @ value), weights

    def _split(self, joined: Tensor, parts: int) -> tuple[Tensor, ...]:
        batch, length, _ = joined.shape
        return joined.view(batch, length, parts, self.heads, -1).permute(2, 0, 3, 1, 4).unbind()

    def _join(self, mixed: Tensor) -> Tensor:
        projected: Tensor = self.linear[-1](mixed.transpose(1, 2).flatten(2))
        return projected


class FeedForward(nn.Module):
    """The pre-normalized two-layer perceptron of each block."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(shape.width)
        sizes = (shape.width, shape.inner_width), (shape.inner_width, shape.width)
        self.linear = nn.ModuleList(nn.Linear(*size) for size in sizes)

    def forward(self, x: Tensor) -> Tensor:
        inner = F.gelu(self.linear[0](self.layer_norm(x)))
        outer: Tensor = x + self.linear[1](inner)
        return outer


class EncoderLayer(nn.Module):
    """One block of the encoder."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attention = Attention(shape)
        self.ffn = FeedForward(shape)

    def forward(self, x: Tensor) -> Tensor:
        return self.ffn.forward(self.self_attention.forward(x))


class DecoderLayer(nn.Module):
    """One block of the decoder, which also attends to the encoder's output."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attention = Attention(shape)
        self.attention = Attention(shape, crossed=True)
        self.ffn = FeedForward(shape)

    def forward(self, x: Tensor, memory: Tensor, weigh: bool) -> tuple[Tensor, Tensor | None]:
        x = self.self_attention.forward(x, causal=True)
        x, weights = self.attention.attend(x, memory, weigh)
        return self.ffn.forward(x), weights


class PositionEncodings(nn.Module):
    """Position vectors, added to a sequence: fixed ones as a buffer, learnt ones as a parameter."""

    def __init__(self, encodings: Tensor, learnt: bool) -> None:
        super().__init__()
        if learnt:
            self.encodings = nn.Parameter(encodings)
        else:
            self.register_buffer("encodings", encodings)


class Encoder(nn.Module):
    """Log-mel (batch, mels, frames) to (batch, frames // 2, width)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.conv1 = Convolution(shape.mels, shape.width, 3)
        self.conv2 = Convolution(shape.width, shape.width, 3, stride=2)
        fixed = sinusoids(ENCODER_POSITIONS, shape.width)
        self.position_encodings = PositionEncodings(fixed, learnt=False)
        self.layer = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.layer_norm = nn.LayerNorm(shape.width)

    def forward(self, mel: Tensor, offsets: Tensor) -> Tensor:
        """`offsets` (batch) is the encoder position that each item's first frame stands at."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel.transpose(1, 2)))))
        positions = offsets[:, None] + torch.arange(x.shape[1])
        x = x + self.position_encodings.encodings[positions].to(x.dtype)
        for layer in self.layer:
            x = layer(x)
        normalized: Tensor = self.layer_norm(x)
        return normalized


class Decoder(nn.Module):
    """Token ids (batch, length) to logits (batch, length, vocabulary)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(shape.vocabulary, shape.width)
        nn.init.normal_(self.embeddings.weight, std=shape.width**-0.5)
        learnt = torch.randn(DECODER_POSITIONS, shape.width) * 0.01
        self.position_encodings = PositionEncodings(learnt, learnt=True)
        self.layer = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.layer_norm = nn.LayerNorm(shape.width)

    def forward(self, tokens: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Also the last layer's attention weights, (batch, heads, length, memory length)."""
        x = self.embeddings(tokens) + self.position_encodings.encodings[: tokens.shape[1]]
        weights = None
        for number, layer in enumerate(self.layer, 1):
            x, weights = layer(x, memory, weigh=number == len(self.layer))
        assert weights is not None
        return F.linear(self.layer_norm(x), self.embeddings.weight), weights


class Whisper(nn.Module):
    """The whole network."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape)
