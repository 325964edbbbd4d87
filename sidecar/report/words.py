"""Numbers and names, as people read them."""


def seconds(value: float) -> str:
    """A time in a sentence: as many digits as say something."""
    if value >= 99.95:
        return f"{value:.0f} s"
    if value >= 0.9995:
        return f"{value:.1f} s"
    return f"{value * 1000:.0f} ms" if value >= 0.00995 else f"{value * 1000:.1f} ms"


def share(value: float) -> str:
    """A part of the whole."""
    return f"{value:.0%}".replace("%", " %")


def audio_span(start_s: float, end_s: float) -> str:
    """A place in the audio."""
    return f"{start_s:.1f}-{end_s:.1f} s"


def reason(verdict: str) -> str:
    """A verdict on an attempt in words instead of field names."""
    return (
        verdict.replace("compression_ratio", "compression ratio")
        .replace("avg_logprob", "average log-probability")
        .replace("no_speech ", "no-speech probability ")
    )


def count(number: int, noun: str) -> str:
    """So many of something: `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """One line without what would move the cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
