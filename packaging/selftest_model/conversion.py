"""Between the torch network and a CTranslate2 model folder, in both directions."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ctranslate2.specs import model_spec, whisper_spec
from numpy.typing import NDArray

from . import tokenizer
from .network import Shape, Whisper

BINARY_VERSION = 6
DTYPES = [np.float32, np.int8, np.int16, np.int32, np.float16]
PREPROCESSOR = {
    "feature_size": 80,
    "sampling_rate": 16_000,
    "hop_length": 160,
    "chunk_length": 30,
    "n_fft": 400,
}


class ModelFormatError(ValueError):
    """The file is no CTranslate2 model of the kind that this recipe makes."""


def save(network: Whisper, folder: Path) -> None:
    """Write an int8 model that faster_whisper loads as it is, over one that is there."""
    shape = network.shape
    spec = whisper_spec.WhisperSpec(
        shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads
    )
    for name, value in network.state_dict().items():
        owner, attribute = _variable_name(name).rsplit("/", 1)
        # A copy: arrays that share torch's memory are quantized wrongly, without a word.
        array = value.detach().float().numpy().copy()
        setattr(model_spec.index_spec(spec, owner), attribute, array)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight.copy()
    vocabulary = tokenizer.vocabulary()
    spec.register_vocabulary(vocabulary)
    _configure(spec.config, vocabulary, shape)
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))


def load(folder: Path) -> Whisper:
    """The network of a model folder, its weights back in float32.

    Raises ModelFormatError for files of another binary version or of another kind of model.
    """
    variables = _read_variables((folder / "model.bin").read_bytes())
    vocabulary, width = variables["decoder/embeddings/weight"].shape
    shape = Shape(
        vocabulary=vocabulary,
        width=width,
        heads=int(variables["encoder/num_heads"]),
        inner_width=variables["encoder/layer_0/ffn/linear_0/weight"].shape[0],
        encoder_layers=_layers(variables, "encoder"),
        decoder_layers=_layers(variables, "decoder"),
        mels=variables["encoder/conv1/weight"].shape[1],
    )
    network = Whisper(shape)
    state = {name: _weights(variables, _variable_name(name)) for name in network.state_dict()}
    network.load_state_dict(state)
    return network


def _variable_name(parameter: str) -> str:
    """encoder.layer.0.ffn.linear.1.weight is encoder/layer_0/ffn/linear_1/weight, and so on."""
    name = re.sub(r"\.(\d+)", r"_\1", parameter).replace(".", "/")
    name = name.replace("layer_norm/weight", "layer_norm/gamma")
    return name.replace("layer_norm/bias", "layer_norm/beta")


def _configure(config: Any, vocabulary: list[str], shape: Shape) -> None:
    identifier = {token: number for number, token in enumerate(vocabulary)}
    unspoken = ["startoftranscript", *(name.strip("<|>") for name in tokenizer.CONTROLS[:-1])]
    config.suppress_ids = [identifier[f"<|{name}|>"] for name in unspoken]
    config.suppress_ids_begin = [identifier["Ġ"]]
    config.lang_ids = [identifier[f"<|{language}|>"] for language in tokenizer.LANGUAGES]
    config.alignment_heads = [[shape.decoder_layers - 1, head] for head in range(2)]


def _weights(variables: dict[str, NDArray[Any]], name: str) -> torch.Tensor:
    value = variables[name].astype(np.float32)
    scale = variables.get(f"{name}_scale")
    if scale is not None:
        value /= scale.reshape(-1, *[1] * (value.ndim - 1))
    return torch.from_numpy(value)


def _layers(variables: dict[str, NDArray[Any]], side: str) -> int:
    pattern = re.compile(rf"{side}/layer_(\d+)/")
    return 1 + max(int(found[1]) for name in variables if (found := pattern.match(name)))


def _read_variables(data: bytes) -> dict[str, NDArray[Any]]:
    """The variables of a model.bin, as ctranslate2.specs.model_spec serializes them."""
    position = 0

    def number(code: str) -> int:
        nonlocal position
        (value,) = struct.unpack_from(f"<{code}", data, position)
        position += struct.calcsize(code)
        return int(value)

    def text() -> str:
        nonlocal position
        length = number("H")
        position += length
        return data[position - length : position - 1].decode()

    if number("I") != BINARY_VERSION or text() != "WhisperSpec":
        raise ModelFormatError("not a Whisper model of CTranslate2's binary version 6")
    number("I")
    variables = {}
    for _ in range(number("I")):
        name = text()
        sizes = [number("I") for _ in range(number("B"))]
        dtype, length = np.dtype(DTYPES[number("B")]), number("I")
        flat = np.frombuffer(data, dtype, length // dtype.itemsize, position)
        variables[name] = flat.reshape(sizes)
        position += length
    return variables
