"""Windows to training batches: what the network hears, what it shall say, where it shall look."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from . import tokenizer
from .features import FRAMES_PER_SECOND, log_mel
from .network import ENCODER_POSITIONS
from .windows import FULL_S, Composer, Placed, Window

IGNORED = -100
NOWHERE = (-1.0, -1.0)
POSITIONS_PER_SECOND = FRAMES_PER_SECOND // 2
# faster_whisper's max_initial_timestamp: later speech in a window is said to start here.
LATEST_FIRST_START_S = 1.0
WITHOUT_TIMES_SHARE = 0.2
TRANSLATED_SHARE = 0.06

Span = tuple[float, float]
Said = tuple[int, Span]


@dataclass
class Batch:
    """Tensors with the batch as their first axis; P is encoder positions, L tokens.

    mel (80, 2 P) float32; offsets () first encoder position; tokens, labels (L) int64;
    spans (L, 2) first and last position to look at for each label, -1 for anywhere;
    spoken: all spoken token ids one after another, spoken_lengths () how many of each item;
    heard () positions with sound.
    """

    mel: Tensor
    offsets: Tensor
    tokens: Tensor
    labels: Tensor
    spans: Tensor
    spoken: Tensor
    spoken_lengths: Tensor
    heard: Tensor


@dataclass
class _Item:
    mel: Tensor
    offset: int
    tokens: list[int]
    labels: list[int]
    spans: list[Span]
    spoken: list[int]
    heard: int


class Scribe:
    """Makes batches of windows."""

    def __init__(self, composer: Composer) -> None:
        self.composer = composer
        self.rng: random.Random = composer.rng
        self.encoder = Tokenizer.from_str(json.dumps(tokenizer.tokenizer_json()))
        self.known: dict[tuple[str, str], list[int]] = {}
        self.first_timestamp = self.special("0.00")
        self.end = self.special("endoftext")

    def special(self, name: str) -> int:
        """The id of a special token."""
        identifier = self.encoder.token_to_id(f"<|{name}|>")
        assert identifier is not None, name
        return identifier

    def encode(self, text: str, language: str) -> list[int]:
        """The ids of a sentence, in English with the leading space that Whisper has."""
        key = (text, language)
        if key not in self.known:
            spaced = f" {text}" if language == "en" else text
            self.known[key] = self.encoder.encode(spaced, add_special_tokens=False).ids
        return self.known[key]

    def batch(self, size: int, window_s: float) -> Batch:
        """So many windows of so many seconds."""
        items = [self._item(self.composer.compose(window_s), window_s) for _ in range(size)]
        longest = max(len(item.tokens) for item in items)

        def padded(rows: list[list[int]], filler: int) -> Tensor:
            return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])

        spans = [item.spans + [NOWHERE] * (longest - len(item.spans)) for item in items]
        return Batch(
            mel=torch.stack([item.mel for item in items]),
            offsets=torch.tensor([item.offset for item in items]),
            tokens=padded([item.tokens for item in items], self.end),
            labels=padded([item.labels for item in items], IGNORED),
            spans=_positions(torch.tensor(spans), round(window_s * POSITIONS_PER_SECOND)),
            spoken=torch.tensor([token for item in items for token in item.spoken]).long(),
            spoken_lengths=torch.tensor([len(item.spoken) for item in items]),
            heard=torch.tensor([item.heard for item in items]),
        )

    def _item(self, window: Window, window_s: float) -> _Item:
        rng = self.rng
        mel, sounding = self._hear(window, window_s)
        free = ENCODER_POSITIONS - mel.shape[1] // 2
        offset = rng.randint(0, free) if window_s < FULL_S and rng.random() < 0.5 else 0
        timed = rng.random() >= WITHOUT_TIMES_SHARE
        translated = window.language == "zh" and rng.random() < TRANSLATED_SHARE
        said = self._say(window, offset, timed, translated)
        language = self.special(window.language)
        task = self.special("translate" if translated else "transcribe")
        untimed = [] if timed else [self.special("notimestamps")]
        prompt = self._prompt(window)
        start = [self.special("startoftranscript"), language, task, *untimed]
        heard_language = language if window.placed else self.special("nospeech")
        # Of what is given to the decoder it learns the language alone.
        given = [*[IGNORED] * len(prompt), heard_language, *[IGNORED] * (len(start) - 2)]
        return _Item(
            mel=mel,
            offset=offset,
            tokens=[*prompt, *start, *(token for token, _ in said)][:-1],
            labels=[*given, *(token for token, _ in said)],
            spans=[*[NOWHERE] * len(given), *(span for _, span in said)],
            spoken=[
                token
                for placed in window.placed
                for token in self.encode(placed.utterance.sentence.text, window.language)
            ],
            heard=max(1, sounding // 2),
        )

    def _hear(self, window: Window, window_s: float) -> tuple[Tensor, int]:
        """The log-mel, padded with zeros as faster_whisper does, and its frames with sound."""
        mel = log_mel(window.audio)
        if self.rng.random() < 0.5:
            mel = mel + torch.from_numpy(self.composer.degrader.equalize(len(mel)))[:, None]
        if self.rng.random() < 0.1:
            band = self.rng.randrange(len(mel) - 8)
            mel[band : band + self.rng.randint(2, 8)] = mel.min()
        padded = torch.zeros(len(mel), round(window_s * FRAMES_PER_SECOND))
        padded[:, : mel.shape[1]] = mel
        return padded, mel.shape[1]

    def _say(self, window: Window, offset: int, timed: bool, translated: bool) -> list[Said]:
        """The transcript's tokens, each with where in the window it is heard, in seconds."""
        said: list[Said] = []
        for placed in window.placed:
            start_s = placed.start_s
            if not said and not offset:
                start_s = min(start_s, LATEST_FIRST_START_S)
            if timed:
                span = (placed.start_s - 0.15, placed.start_s + 0.15)
                said.append(self._timestamp(start_s, offset, span))
            said += self._words(placed, translated)
            if timed:
                span = (placed.end_s - 0.15, placed.end_s + 0.2)
                said.append(self._timestamp(placed.end_s, offset, span))
        if timed and window.cut_start_s is not None:
            span = (window.cut_start_s - 0.15, window.cut_start_s + 0.15)
            said.append(self._timestamp(window.cut_start_s, offset, span))
        if timed and not window.placed:
            said.append((self.first_timestamp, NOWHERE))
        return [*said, (self.end, NOWHERE)]

    def _timestamp(self, time_s: float, offset: int, span: Span) -> Said:
        position = min(round(time_s * POSITIONS_PER_SECOND) + offset, ENCODER_POSITIONS)
        token = self.first_timestamp + position
        return token, span

    def _words(self, placed: Placed, translated: bool) -> list[Said]:
        """Time within the utterance is shared out by the letters of the words."""
        sentence = placed.utterance.sentence
        if translated:
            span = (placed.start_s - 0.1, placed.end_s + 0.1)
            return [(token, span) for token in self.encode(sentence.english, "en")]
        tokens = self.encode(sentence.text, sentence.language)
        letters = [max(1, len(re.sub(r"\W", "", self.encoder.decode([token])))) for token in tokens]
        duration_s = placed.end_s - placed.start_s
        per_letter_s = duration_s / max(1, sum(letters[:-1]))
        margin_s = 0.1 + 0.08 * duration_s
        said, time_s = [], placed.start_s
        for token, count in zip(tokens, letters, strict=True):
            end_s = min(placed.end_s, time_s + count * per_letter_s)
            said.append((token, (time_s - margin_s, end_s + margin_s)))
            time_s = end_s
        return said

    def _prompt(self, window: Window) -> list[int]:
        """Earlier text, mostly with times, as faster_whisper puts it before the window's own."""
        if not window.before:
            return []
        timed, position = self.rng.random() < 0.7, self.rng.randrange(100)
        prompt = [self.special("startofprev")]
        for utterance in window.before:
            tokens = self.encode(utterance.sentence.text, window.language)
            if timed:
                length = round(utterance.duration_s * POSITIONS_PER_SECOND)
                start = self.first_timestamp + position % (ENCODER_POSITIONS - length)
                tokens = [start, *tokens, start + length]
                position += length + self.rng.randint(10, 75)
            prompt += tokens
        return prompt


def _positions(spans_s: Tensor, last: int) -> Tensor:
    """Seconds to encoder positions within the window; whatever is nowhere stays at -1."""
    somewhere = spans_s[..., 1:] >= 0
    positions = (spans_s * POSITIONS_PER_SECOND).long().clamp(0, last - 1)
    return torch.where(somewhere, positions, -1)
