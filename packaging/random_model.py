"""Make a Whisper of a given size with random weights, for measuring time.

    python packaging/random_model.py DIR --size base

Its text is noise, but encoding and decoding cost what they cost in a trained model of that
size. Tokenizer and vocabulary are the built-in model's, smaller than the real ones.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ctranslate2.specs import WhisperSpec

SELFTEST = Path(__file__).parent.parent / "sidecar" / "assets" / "selftest"
MELS = 80
ENCODER_POSITIONS = 1500
DECODER_POSITIONS = 448

Array = np.ndarray[Any, np.dtype[np.float32]]


class Size(NamedTuple):
    """Layers of the encoder and of the decoder each, attention heads, and width."""

    layers: int
    heads: int
    width: int


SIZES = {
    "tiny": Size(4, 6, 384),
    "base": Size(6, 8, 512),
    "small": Size(12, 12, 768),
    "medium": Size(24, 16, 1024),
}


class RandomWeights:
    """Draws the weights of each kind of layer; the scale keeps activations near one."""

    def __init__(self, width: int, seed: int) -> None:
        self._width = width
        self._random = np.random.default_rng(seed)

    def normal(self, *shape: int, scale: float) -> Array:
        return (self._random.standard_normal(shape) * scale).astype(np.float32)

    def linear(self, layer: Any, inputs: int, outputs: int) -> None:
        layer.weight = self.normal(outputs, inputs, scale=inputs**-0.5)
        layer.bias = np.zeros(outputs, np.float32)

    def norm(self, layer: Any) -> None:
        layer.gamma = np.ones(self._width, np.float32)
        layer.beta = np.zeros(self._width, np.float32)

    def convolution(self, layer: Any, channels: int) -> None:
        layer.weight = self.normal(self._width, channels, 3, scale=(3 * channels) ** -0.5)
        layer.bias = np.zeros(self._width, np.float32)

    def attention(self, layer: Any, projections: tuple[int, ...]) -> None:
        """`projections` are the outputs of each linear layer, in widths."""
        for linear, widths in zip(layer.linear, projections, strict=True):
            self.linear(linear, self._width, widths * self._width)
        self.norm(layer.layer_norm)

    def feed_forward(self, layer: Any) -> None:
        self.linear(layer.linear_0, self._width, 4 * self._width)
        self.linear(layer.linear_1, 4 * self._width, self._width)
        self.norm(layer.layer_norm)


def random_spec(size: Size, vocabulary: list[str], seed: int) -> WhisperSpec:
    """A complete model of that size, not yet quantized."""
    spec = WhisperSpec(size.layers, size.heads, size.layers, size.heads)
    weights = RandomWeights(size.width, seed)
    encoder, decoder = spec.encoder, spec.decoder
    weights.convolution(encoder.conv1, MELS)
    weights.convolution(encoder.conv2, size.width)
    encoder.position_encodings.encodings = weights.normal(ENCODER_POSITIONS, size.width, scale=0.02)
    weights.norm(encoder.layer_norm)
    for layer in encoder.layer:
        weights.attention(layer.self_attention, (3, 1))
        weights.feed_forward(layer.ffn)
    embeddings = weights.normal(len(vocabulary), size.width, scale=0.02)
    decoder.embeddings.weight = embeddings
    # A copy: quantization rewrites each array in place.
    decoder.projection.weight = embeddings.copy()
    decoder.position_encodings.encodings = weights.normal(DECODER_POSITIONS, size.width, scale=0.02)
    weights.norm(decoder.layer_norm)
    for layer in decoder.layer:
        weights.attention(layer.self_attention, (3, 1))
        weights.attention(layer.attention, (1, 2, 1))
        weights.feed_forward(layer.ffn)
    spec.register_vocabulary(vocabulary)
    return spec


def make_model(folder: Path, size: Size, *, quantization: str, seed: int = 0) -> None:
    """Write a CTranslate2 model that faster-whisper loads; `folder` must not exist yet."""
    vocabulary = json.loads((SELFTEST / "vocabulary.json").read_text(encoding="utf-8"))
    config = json.loads((SELFTEST / "config.json").read_text(encoding="utf-8"))
    spec = random_spec(size, vocabulary, seed)
    spec.config.suppress_ids = config["suppress_ids"]
    spec.config.suppress_ids_begin = config["suppress_ids_begin"]
    spec.config.lang_ids = config["lang_ids"]
    spec.config.alignment_heads = [[size.layers - 1, head] for head in range(2)]
    spec.validate()
    spec.optimize(quantization=None if quantization == "float32" else quantization)
    folder.mkdir(parents=True)
    spec.save(str(folder))
    for file in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copyfile(SELFTEST / file, folder / file)


def main() -> None:
    """Make one model as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, default="base")
    parser.add_argument("--quantization", default="int8", choices=("int8", "int16", "float32"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    make_model(
        arguments.folder,
        SIZES[arguments.size],
        quantization=arguments.quantization,
        seed=arguments.seed,
    )


if __name__ == "__main__":
    main()
