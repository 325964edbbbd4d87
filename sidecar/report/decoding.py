"""The rules about windows and attempts: why decoding takes what it takes."""

from collections.abc import Iterator, Sequence

from sidecar.core.result import Attempt, Window
from sidecar.report.account import Account, spent_on
from sidecar.report.finding import Finding
from sidecar.report.phases import slow
from sidecar.report.words import audio_span, count, reason, seconds, share

NAMED_WINDOWS = 3
"""So many windows are told of one by one; more of them together."""
MUCH = 0.4
"""The share of a job from which on a phase is what makes it slow."""
ONE_WINDOW_S = 15.0
"""Audio that fills less than half of a window."""
ACCEPTED = "accepted"
SILENCE = "no_speech"
UNFINISHED = "unfinished"
NOT_JUDGED = "not judged"
REPETITION = "compression_ratio"
IMPROBABLE = "avg_logprob"
LOOP_CUT = "cut at the loop"
SURE = -0.3
"""The average log-probability above which a model is sure of a text."""


def decoded_again(account: Account) -> Iterator[Finding]:
    """Windows that took more than one attempt, because one was rejected."""
    again = [
        (number, window)
        for number, window in enumerate(account.windows, 1)
        if len(window.attempts) > 1 and any(map(is_rejected, window.attempts))
    ]
    if len(again) > NAMED_WINDOWS:
        yield _many_decoded_again(account, again)
        return
    for number, window in again:
        spent_s = _decoded_s(window)
        text = f"{_described(number, window)}; {share(account.share(spent_s))} of the job"
        text += _resignation(account, window)
        yield Finding(text, _advice(account, [window]), spent_s, is_problem=True)


def _many_decoded_again(account: Account, again: Sequence[tuple[int, Window]]) -> Finding:
    spent_s = sum(_decoded_s(window) for _, window in again)
    text = (
        f"{len(again)} of {count(len(account.windows), 'window')} were decoded more than once: "
        f"{share(account.share(spent_s))} of the job; above all, "
    )
    number, window = max(again, key=lambda entry: _decoded_s(entry[1]))
    text += _described(number, window) + _resignation(account, window)
    advice = _advice(account, [window for _, window in again])
    return Finding(text, advice, spent_s, is_problem=True)


def _described(number: int, window: Window) -> str:
    return (
        f"window {number} ({audio_span(window.start_s, window.end_s)}) was decoded "
        f"{len(window.attempts)} times: {_rejections(window.attempts)}"
    )


def _resignation(account: Account, window: Window) -> str:
    """What became of a window that none of its attempts was good enough for."""
    is_under_way = account.ending is not None and window is account.windows[-1]
    if is_under_way or not is_rejected(window.attempts[-1]):
        return ""
    if any(LOOP_CUT in attempt.verdict for attempt in window.attempts):
        return "; no attempt was good enough, one was kept up to its loop"
    return "; no attempt was good enough, the most probable one was kept"


def _decoded_s(window: Window) -> float:
    return sum(attempt.generate_s for attempt in window.attempts)


def is_rejected(attempt: Attempt) -> bool:
    """Whether it was decoded for nothing: neither taken nor followed by the rest of it."""
    return not attempt.verdict.startswith((ACCEPTED, SILENCE, UNFINISHED, NOT_JUDGED))


def fallbacks(windows: Sequence[Window]) -> int:
    """Attempts beyond the first at each window; a first look and the rest are one attempt."""
    return sum(
        max(0, sum(not a.verdict.startswith(UNFINISHED) for a in window.attempts) - 1)
        for window in windows
    )


def _rejections(attempts: Sequence[Attempt]) -> str:
    """The first reason of each kind."""
    kinds: dict[str, str] = {}
    for attempt in filter(is_rejected, attempts):
        for each in attempt.verdict.split("; "):
            if each.startswith((REPETITION, IMPROBABLE, "it ")):
                kinds.setdefault(each[:8], each)
    return ", then ".join(map(reason, kinds.values()))


def _advice(account: Account, windows: Sequence[Window]) -> str:
    if any(_shown_more(window) for window in windows):
        return "The audio alone was not enough for the encoder here: --encoder-context full."
    rejected = [a for window in windows for a in window.attempts if is_rejected(a)]
    repeated = sum(REPETITION in attempt.verdict for attempt in rejected)
    if repeated < sum(IMPROBABLE in attempt.verdict for attempt in rejected):
        return (
            "The model is not sure of what it hears: a larger model or clearer audio, or fewer "
            "fallbacks with --temperature 0,0.4."
        )
    advice = "--temperature 0,0.4 allows one fallback instead of five."
    if account.circumstances.vad == "off":
        advice = (
            "The decoder repeats itself, as it does on silence and noise, which --vad silero cuts "
            "out; " + advice
        )
    if any(attempt.avg_logprob > SURE for attempt in rejected):
        advice += (
            " Where it is what is said that repeats, a higher --compression-ratio-threshold "
            "accepts it at once."
        )
    return advice


def _shown_more(window: Window) -> bool:
    """Whether the encoder was shown all of the window after it had been shown a part."""
    return len({attempt.context_s for attempt in window.attempts}) > 1


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
            "A longer --timeout leaves the quality as asked for; so does asking for less of it.",
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
    if account.circumstances.encoder_context != "full":
        return
    if 0 < decoded_s < ONE_WINDOW_S and account.share(encode_s) >= MUCH:
        yield Finding(
            f"encoding took {seconds(encode_s)}, {share(account.share(encode_s))}: the encoder "
            f"works through 30 s, of which {seconds(decoded_s)} are audio",
            "--encoder-context fit shows it the audio alone; what comes of that is decoded again "
            "with all of the window where it is doubtful.",
            encode_s,
        )


RULES = (
    degraded,
    cut_short,
    decoded_again,
    silent_windows,
    alignment,
    wide_beam,
    short_audio,
)
