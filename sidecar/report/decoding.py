"""The rules about windows and attempts: why decoding takes what it takes."""

from collections.abc import Iterator, Sequence

from sidecar.core.result import Attempt, Window
from sidecar.report.account import Account, spent_on
from sidecar.report.finding import Finding
from sidecar.report.phases import slow
from sidecar.report.words import audio_span, count, reason, seconds, share

NAMED_WINDOWS = 3
"""So many windows are told of one by one; the rest together."""
MUCH = 0.4
"""The share of a job from which on a phase is what makes it slow."""
WINDOW_S = 30.0
"""Whisper's window."""
HALF_WINDOW_S = 15.0
"""Audio that fills less than half of one."""
ACCEPTED = "accepted"
SILENCE = "no_speech"
REPETITION = "compression_ratio"


def decoded_again(account: Account) -> Iterator[Finding]:
    """Windows that took more than one attempt."""
    again = [
        (number, window)
        for number, window in enumerate(account.windows, 1)
        if len(window.attempts) > 1
    ]
    again.sort(key=lambda entry: -_decoded_s(entry[1]))
    for number, window in again[:NAMED_WINDOWS]:
        wasted_s = _decoded_s(window)
        text = (
            f"window {number} ({audio_span(window.start_s, window.end_s)}) was decoded "
            f"{len(window.attempts)} times: {_rejections(window.attempts)}; "
            f"{share(account.share(wasted_s))} of the job"
        )
        if not _is_good(window.attempts[-1]):
            text += "; no attempt was good enough, the most probable one was kept"
        yield Finding(text, _advice(account, window.attempts), wasted_s, is_problem=True)
    if rest := again[NAMED_WINDOWS:]:
        rest_s = sum(_decoded_s(window) for _, window in rest)
        yield Finding(
            f"{count(len(rest), 'more window')} were decoded more than once: "
            f"{share(account.share(rest_s))} of the job",
            "",
            rest_s,
            is_problem=True,
        )


def _decoded_s(window: Window) -> float:
    return sum(attempt.generate_s for attempt in window.attempts)


def _is_good(attempt: Attempt) -> bool:
    return attempt.verdict == ACCEPTED or attempt.verdict.startswith(SILENCE)


def fitted_again(account: Account) -> Iterator[Finding]:
    """Windows that had to be shown whole after all."""
    again = [w for w in account.windows if len({a.context_s for a in w.attempts}) > 1]
    if again:
        wasted_s = sum(a.generate_s for w in again for a in w.attempts if a.context_s < WINDOW_S)
        yield Finding(
            f"{len(again)} of {count(len(account.windows), 'window')} did not do with a fitting "
            "encoder context and were decoded again with the full one",
            "--encoder-context full spares the first try where that happens often.",
            wasted_s,
        )


def _rejections(attempts: Sequence[Attempt]) -> str:
    """The first reason of each kind."""
    kinds: dict[str, str] = {}
    for attempt in attempts:
        if not _is_good(attempt):
            for each in attempt.verdict.split("; "):
                kinds.setdefault(each.split(" ")[0], each)
    return ", then ".join(map(reason, kinds.values()))


def _advice(account: Account, attempts: Sequence[Attempt]) -> str:
    repeats = any(REPETITION in attempt.verdict for attempt in attempts)
    if repeats and account.circumstances.vad == "off":
        return (
            "The decoder repeats itself, as it does on silence and noise: --vad silero cuts those "
            "out; --temperature 0,0.4 allows one fallback instead of five."
        )
    if repeats:
        return (
            "The decoder repeats itself: --temperature 0,0.4 allows one fallback instead of five, "
            "condition_on_previous_text false keeps a loop from the next window."
        )
    return (
        "The model is not sure of what it hears: a larger model or clearer audio, or fewer "
        "fallbacks with --temperature 0,0.4."
    )


def cut_short(account: Account) -> Iterator[Finding]:
    """The attempt during which the job was ended."""
    running_s = account.attempt_cut_s
    if running_s is None or not account.windows:
        return
    attempt = len(account.windows[-1].attempts) + 1
    yield Finding(
        f"the end came in window {len(account.windows)}, in attempt {attempt}, which had run for "
        f"{seconds(running_s)}: {share(account.share(running_s))} of the job",
        "",
        running_s,
        is_problem=True,
    )


def silent_windows(account: Account) -> Iterator[Finding]:
    """Windows that were decoded only to be taken for silence."""
    silent = [
        window
        for window in account.windows
        if window.attempts and window.attempts[-1].verdict.startswith(SILENCE)
    ]
    if not silent:
        return
    silent_s = sum(map(spent_on, silent))
    advice = ""
    if account.circumstances.vad == "off":
        advice = "--vad silero finds silence without decoding it."
    of_all = f"{len(silent)} of {count(len(account.windows), 'window')}"
    yield Finding(
        f"{of_all} were decoded and then taken for silence: "
        f"{share(account.share(silent_s))} of the job",
        advice,
        silent_s,
    )


def degraded(account: Account) -> Iterator[Finding]:
    """Quality that was given up to be in time."""
    if account.degraded:
        yield Finding(
            "quality was given up to be done in time; the warnings say where",
            "A longer --timeout leaves the quality as asked for; so does spending less, below.",
            account.total_s,
            is_problem=True,
        )


def alignment(account: Account) -> Iterator[Finding]:
    """Word timestamps, where they cost much."""
    align_s = account.timings.align_s
    if account.share(align_s) >= 0.15:
        yield Finding(
            f"aligning the words took {seconds(align_s)}: {share(account.share(align_s))}",
            "Leave word_timestamps out where the times of segments are enough.",
            align_s,
        )


def wide_beam(account: Account) -> Iterator[Finding]:
    """A beam search, where generating is what makes a job slow."""
    widths = [a.beam_size for w in account.windows for a in w.attempts if a.temperature == 0]
    width = max(widths, default=1)
    generate_s = account.timings.generate_s
    if width > 1 and account.share(generate_s) >= MUCH and slow(account):
        yield Finding(
            f"generating with a beam of {width} took {seconds(generate_s)}: "
            f"{share(account.share(generate_s))}",
            f"--beam-size 1 decodes one text instead of {width} side by side; "
            "bench FILE --beam-sizes 1,5 --reference TEXT shows what that does to time and words.",
            generate_s,
        )


def short_audio(account: Account) -> Iterator[Finding]:
    """The encoder's fixed price, where it is most of a short job."""
    encode_s = account.timings.encode_s
    decoded_s = account.duration_s if account.speech_s is None else account.speech_s
    is_full = any(a.context_s >= WINDOW_S for w in account.windows for a in w.attempts)
    if is_full and 0 < decoded_s < HALF_WINDOW_S and account.share(encode_s) >= MUCH:
        yield Finding(
            f"encoding took {seconds(encode_s)}, {share(account.share(encode_s))}: the encoder "
            f"works through 30 s, of which {seconds(decoded_s)} are audio",
            "--encoder-context fit shows it the audio alone; PROTOCOL.md says when that is wise.",
            encode_s,
        )


RULES = (
    degraded,
    cut_short,
    decoded_again,
    fitted_again,
    silent_windows,
    alignment,
    wide_beam,
    short_audio,
)
