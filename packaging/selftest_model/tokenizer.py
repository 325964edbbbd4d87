"""Whisper's token layout over the small vocabulary of the grammar.

Ids run: 256 bytes, words and characters, the empty string, end of text, start of transcript, the
languages, the task and control tokens, the timestamps. Text outside the grammar falls back to
bytes, so that prompts and hotwords encode.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import grammar

_LANGUAGE_CODES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th "
    "ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr "
    "pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt "
    "haw ln ha ba jw su yue"
)
LANGUAGES = _LANGUAGE_CODES.split()
CONTROLS = [
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
]
TIMESTAMP_STEP_S = 0.02
TIMESTAMPS = [f"<|{step * TIMESTAMP_STEP_S:.2f}|>" for step in range(1501)]


def _byte_alphabet() -> list[str]:
    """The printable stand-in of each byte value, as in GPT-2's byte-level BPE."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = {byte: chr(byte) for byte in printable}
    for rank, byte in enumerate(byte for byte in range(256) if byte not in alphabet):
        alphabet[byte] = chr(256 + rank)
    return [alphabet[byte] for byte in range(256)]


_BYTES = _byte_alphabet()


def _byte_level(text: str) -> str:
    return "".join(_BYTES[byte] for byte in text.encode())


def text_tokens() -> list[str]:
    """The tokens below the special ones, in id order; the last is the empty string.

    CTranslate2 takes a Whisper model to be multilingual exactly when its vocabulary has "".
    """
    words, characters = grammar.vocabulary()
    learnt = [_byte_level(text) for text in [*(f" {word}" for word in words), *characters, "，"]]
    return [*dict.fromkeys(_BYTES + learnt), ""]


def special_tokens() -> list[str]:
    """End of text up to no timestamps, in id order."""
    languages = [f"<|{language}|>" for language in LANGUAGES]
    return ["<|endoftext|>", "<|startoftranscript|>", *languages, *CONTROLS]


def vocabulary() -> list[str]:
    """All tokens in id order."""
    return [*text_tokens(), *special_tokens(), *TIMESTAMPS]


def tokenizer_json() -> dict[str, Any]:
    """The tokenizer in the format of the `tokenizers` library (tokenizer.json)."""
    text, special = text_tokens(), special_tokens()
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [
        {"id": len(text) + rank, "content": token, **flags, "special": rank < len(special)}
        for rank, token in enumerate(special + TIMESTAMPS)
    ]
    byte_level = {"type": "ByteLevel", "trim_offsets": True, "use_regex": True}
    han_alone = {
        "type": "Split",
        "pattern": {"Regex": r"[\p{Han}]"},
        "behavior": "Isolated",
        "invert": False,
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [han_alone, byte_level | {"add_prefix_space": False}],
        },
        "post_processor": None,
        "decoder": byte_level | {"add_prefix_space": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,
            "vocab": {token: identifier for identifier, token in enumerate(text)},
            "merges": [],
        },
    }


def save(folder: Path) -> None:
    """Write tokenizer.json into the folder."""
    text = json.dumps(tokenizer_json(), ensure_ascii=False)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
