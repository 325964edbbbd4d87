"""The sentences that the self-test model knows: numbers and everyday phrases in two languages.

Text is lower-case spelled-out English or Mandarin characters, with closing punctuation and
without digits. Every Mandarin sentence comes with its English translation.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from . import phrases

DIGITS_ENGLISH = phrases.ONES_ENGLISH[:10]
DIGITS_MANDARIN = "零一二三四五六七八九"
UNITS_MANDARIN = ((1000, "千"), (100, "百"), (10, "十"), (1, ""))

HELD_OUT_SHARE = 8


@dataclass(frozen=True)
class Sentence:
    """A sentence, the code of its language ("en" or "zh"), and what it is in English."""

    text: str
    language: str
    english: str


def spell_english(number: int) -> str:
    """The words of a number from 0 to 9999, without "and" or hyphens."""
    if number < 20:
        return phrases.ONES_ENGLISH[number]
    for unit, name in ((1000, " thousand"), (100, " hundred")):
        if number >= unit:
            head, rest = spell_english(number // unit) + name, number % unit
            break
    else:
        head, rest = phrases.TENS_ENGLISH[number // 10 - 2], number % 10
    return f"{head} {spell_english(rest)}" if rest else head


def spell_mandarin(number: int) -> str:
    """The characters of a number from 0 to 9999; 10 to 19 without the leading 一."""
    if 10 <= number < 20:
        return "十" + (DIGITS_MANDARIN[number - 10] if number > 10 else "")
    text, gap = "", False
    for unit, name in UNITS_MANDARIN:
        digit = number // unit % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS_MANDARIN[digit] + name
        gap = not digit
    return text or "零"


def english(rng: random.Random) -> Sentence:
    """A random English sentence."""
    makers, weights = zip(*_ENGLISH, strict=True)
    text = rng.choices(makers, weights)[0](rng)
    return Sentence(text, "en", text)


def mandarin(rng: random.Random) -> Sentence:
    """A random Mandarin sentence."""
    makers, weights = zip(*_MANDARIN, strict=True)
    text, translation = rng.choices(makers, weights)[0](rng)
    return Sentence(text, "zh", translation)


def join(texts: Iterable[str], language: str) -> str:
    """Sentences as one text, in the way of the language."""
    return ("" if language == "zh" else " ").join(texts)


def is_fixed(text: str) -> bool:
    """Whether the sentence is one of the set phrases, which training and tests share."""
    return text in _FIXED


def is_held_out(text: str) -> bool:
    """Whether the sentence is kept from training: one in eight, by hash, of all but set phrases."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return not is_fixed(text) and digest[0] % HELD_OUT_SHARE == 0


def draw(rng: random.Random, language: str, held_out: bool) -> Sentence:
    """A random sentence of one side of the split; never a set phrase when held out."""
    make = english if language == "en" else mandarin
    while True:
        sentence = make(rng)
        if is_held_out(sentence.text) == held_out:
            return sentence


def vocabulary() -> tuple[list[str], list[str]]:
    """All English words, and all characters of Mandarin text, each in code-point order."""
    characters = {character for text in phrases.MANDARIN_TEXTS for character in text}
    characters |= set(DIGITS_MANDARIN + "千百十。？")
    words = {word for text in phrases.ENGLISH_TEXTS for word in re.findall(r"[a-z]+", text)}
    words |= {*phrases.ONES_ENGLISH, *phrases.TENS_ENGLISH, "hundred", "thousand"}
    return sorted(words), sorted(characters)


def _number(rng: random.Random, top: int = 9999) -> int:
    """Small numbers are as likely as large ones."""
    ceiling = rng.choices((12, 99, 999, 9999), (25, 35, 25, 15))[0]
    return rng.randint(0, min(ceiling, top))


def _digits(rng: random.Random, least: int, most: int) -> list[int]:
    return [rng.randint(0, 9) for _ in range(rng.randint(least, most))]


def _speak_digits(digits: list[int]) -> tuple[str, str]:
    mandarin_text = "".join(DIGITS_MANDARIN[digit] for digit in digits)
    return mandarin_text, " ".join(DIGITS_ENGLISH[digit] for digit in digits)


def _room(rng: random.Random) -> str:
    return rng.choice(phrases.ROOMS_ENGLISH) + " " if rng.random() < 0.5 else ""


def _room_pair(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.35:
        return "", ""
    room, translation = rng.choice(phrases.ROOMS)
    return room + "的", translation + " "


def _switch_english(rng: random.Random) -> str:
    please = "please " if rng.random() < 0.25 else ""
    device = rng.choice(phrases.DEVICES_ENGLISH)
    return f"{please}turn {rng.choice(('on', 'off'))} the {_room(rng)}{device}."


def _open_english(rng: random.Random) -> str:
    verb, thing = rng.choice(("open", "close")), rng.choice(("door", "window"))
    return f"{verb} the {_room(rng)}{thing}."


def _timer_english(rng: random.Random) -> str:
    unit = rng.choice(("minutes", "seconds", "hours"))
    return f"set a timer for {spell_english(_number(rng, 99))} {unit}."


def _level_english(rng: random.Random) -> str:
    template = rng.choice(phrases.LEVELS_ENGLISH)
    return template.format(spell_english(rng.randint(0, 100)))


def _need_english(rng: random.Random) -> str:
    colour, thing = rng.choice(phrases.COLOURS)[1], rng.choice(phrases.THINGS_ENGLISH)
    return f"i need {spell_english(_number(rng, 999))} {colour} {thing}."


def _counted_english(rng: random.Random) -> str:
    return rng.choice(phrases.COUNTED_ENGLISH).format(spell_english(_number(rng)))


def _digits_mandarin(rng: random.Random) -> tuple[str, str]:
    text, translation = _speak_digits(_digits(rng, 1, 8))
    return f"{text}。", f"{translation}."


def _number_mandarin(rng: random.Random) -> tuple[str, str]:
    number = _number(rng)
    return f"{spell_mandarin(number)}。", f"{spell_english(number)}."


def _switch_mandarin(rng: random.Random) -> tuple[str, str]:
    verb, translated_verb = rng.choice((("打开", "on"), ("关闭", "off")))
    room, translated_room = _room_pair(rng)
    device, translated_device = rng.choice(phrases.DEVICES)
    translation = f"turn {translated_verb} the {translated_room}{translated_device}."
    return f"{verb}{room}{device}。", translation


def _open_mandarin(rng: random.Random) -> tuple[str, str]:
    verb, translated_verb = rng.choice((("打开", "open"), ("关闭", "close")))
    room, translated_room = _room_pair(rng)
    thing, translated_thing = rng.choice((("窗户", "window"), ("门", "door")))
    return f"{verb}{room}{thing}。", f"{translated_verb} the {translated_room}{translated_thing}."


def _timer_mandarin(rng: random.Random) -> tuple[str, str]:
    number = _number(rng, 99)
    unit, translated_unit = rng.choice((("分钟", "minutes"), ("秒钟", "seconds")))
    translation = f"set a timer for {spell_english(number)} {translated_unit}."
    return f"设置{spell_mandarin(number)}{unit}的闹钟。", translation


def _level_mandarin(rng: random.Random) -> tuple[str, str]:
    number = rng.randint(0, 99)
    translation = phrases.LEVELS_ENGLISH[0].format(spell_english(number))
    return f"温度设置到{spell_mandarin(number)}度。", translation


def _need_mandarin(rng: random.Random) -> tuple[str, str]:
    number = _number(rng, 999)
    colour, translated_colour = rng.choice(phrases.COLOURS)
    thing, translated_thing = rng.choice(phrases.THINGS)
    translation = f"i need {spell_english(number)} {translated_colour} {translated_thing}."
    return f"我要{spell_mandarin(number)}个{colour}的{thing}。", translation


def _counted_mandarin(rng: random.Random) -> tuple[str, str]:
    number = _number(rng)
    template, translation = rng.choice(phrases.COUNTED)
    return template.format(spell_mandarin(number)), translation.format(spell_english(number))


def _call_mandarin(rng: random.Random) -> tuple[str, str]:
    text, translation = _speak_digits(_digits(rng, 3, 6))
    return f"电话号码是{text}。", f"call number {translation}."


_ENGLISH: list[tuple[Callable[[random.Random], str], int]] = [
    (lambda rng: _speak_digits(_digits(rng, 1, 7))[1] + ".", 20),
    (lambda rng: spell_english(_number(rng)) + ".", 12),
    (_switch_english, 15),
    (_open_english, 6),
    (_timer_english, 7),
    (_level_english, 5),
    (_need_english, 7),
    (_counted_english, 8),
    (lambda rng: f"call number {_speak_digits(_digits(rng, 3, 6))[1]}.", 4),
    (lambda rng: rng.choice(phrases.FIXED_ENGLISH), 16),
]
_MANDARIN: list[tuple[Callable[[random.Random], tuple[str, str]], int]] = [
    (_digits_mandarin, 22),
    (_number_mandarin, 12),
    (_switch_mandarin, 18),
    (_open_mandarin, 5),
    (_timer_mandarin, 6),
    (_level_mandarin, 5),
    (_need_mandarin, 6),
    (_counted_mandarin, 7),
    (_call_mandarin, 4),
    (lambda rng: rng.choice(phrases.FIXED), 15),
]
_FIXED = frozenset(phrases.FIXED_ENGLISH) | {text for text, _ in phrases.FIXED}
