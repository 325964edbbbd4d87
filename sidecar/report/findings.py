"""What there is to say about a job, in plain sentences, and what to do about it.

Each rule looks at one thing and says something only where it matters. A rule claims no gain that
it does not see in the figures.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import structs

from sidecar.report import decoding
from sidecar.report.account import Account
from sidecar.report.finding import Finding
from sidecar.report.phases import DECODE, VAD, scale, slow
from sidecar.report.words import count, seconds, share

NOTABLE = 0.1
"""The share of a job from which on a side matter is worth a word."""
LONG_WAY_S = 0.05
"""For which the pipe to the worker is worth a word: the first job's takes a third of that."""
UNNAMED = 0.02
"""The share that may remain without a name."""


def findings(account: Account) -> Sequence[Finding]:
    """All there is to say: how it ended first, then problems and remarks, the costliest first."""
    found = [finding for rule in RULES for finding in rule(account)]
    found.sort(key=lambda finding: (not finding.is_problem, -finding.seconds))
    return list(_advised_once(found))


def _advised_once(found: Sequence[Finding]) -> Iterator[Finding]:
    said: set[str] = set()
    for finding in found:
        yield structs.replace(finding, advice="") if finding.advice in said else finding
        said.add(finding.advice)


def _ended(account: Account) -> Iterator[Finding]:
    ending = account.ending
    if ending is None:
        return
    text = f"it failed in phase {ending.phase}: {ending.message}"
    if account.duration_s and ending.covered_s:
        text += f"; {ending.covered_s:.1f} of {account.duration_s:.1f} s of audio were transcribed"
    if ending.released is False:
        text += "; the worker could not be confirmed gone"
    advice = ""
    if ending.kind == "timeout":
        advice = (
            "The lines below say what took the time; --degrade trades quality for being in time, "
            "--timeout allows more of it."
        )
    yield Finding(text, advice, account.total_s, is_problem=True)


def _slower_than_the_audio(account: Account) -> Iterator[Finding]:
    factor = account.real_time_factor
    if factor is None or factor <= 1 or account.ending is not None:
        return
    t = account.timings
    costs = {
        "loading the model": t.load_s,
        "waiting in the queue": t.queue_s,
        "reading the audio": t.decode_s,
        "voice activity detection": t.vad_s,
        "encoding": t.encode_s,
        "generating": t.generate_s,
        "word alignment": t.align_s,
    }
    worst = max(costs, key=lambda name: costs[name])
    text = (
        f"the job took {factor:.1f} times as long as its audio; "
        f"{share(account.share(costs[worst]))} of it was {worst}"
    )
    advice = ""
    if worst in ("encoding", "generating"):
        advice = "A smaller model or a GPU is what helps most where nothing below does."
    yield Finding(text, advice, account.total_s, is_problem=True)


def _waited(account: Account) -> Iterator[Finding]:
    t = account.timings
    if account.share(t.queue_s) >= NOTABLE:
        yield Finding(
            f"it waited {seconds(t.queue_s)} for its turn: {share(account.share(t.queue_s))}",
            "Other jobs were before it: more --workers, or a higher priority.",
            t.queue_s,
            is_problem=True,
        )
    if account.share(t.load_s) >= NOTABLE:
        yield Finding(
            f"it waited {seconds(t.load_s)} for the model to load: "
            f"{share(account.share(t.load_s))}",
            "Send jobs after [SERVICE_READY]; --standby hot has a second model ready after a kill.",
            t.load_s,
            is_problem=True,
        )
    if account.share(t.pipe_s) >= NOTABLE and t.pipe_s >= LONG_WAY_S:
        yield Finding(
            f"the way to the worker and back took {seconds(t.pipe_s)}: "
            f"{share(account.share(t.pipe_s))}",
            "A machine that is short of cores shows here; so does audio that is sent as bytes "
            "rather than as a path.",
            t.pipe_s,
        )


def _loaded_before(account: Account) -> Iterator[Finding]:
    load_s = account.circumstances.loaded_before_s
    if load_s > account.total_s > 0:
        yield Finding(
            f"starting the worker and loading the model took {seconds(load_s)} before the job, "
            f"more than the job itself",
            "serve does it once, before the first job; a command does it every time.",
            load_s,
        )


def _reading(account: Account) -> Iterator[Finding]:
    decode_s = account.timings.decode_s
    if DECODE.scaled(scale(account.duration_s)).mark(decode_s) != "slow":
        return
    if account.share(decode_s) < NOTABLE:
        return
    advice = "Compressed formats, video and other sample rates cost more than 16 kHz WAV."
    if account.job_index == 1:
        advice += " The first job also loads the libraries for it: --warm leaves that out."
    text = f"reading the audio took {seconds(decode_s)}: {share(account.share(decode_s))}"
    yield Finding(text, advice, decode_s, is_problem=True)


def _speech_detection(account: Account) -> Iterator[Finding]:
    vad_s, speech_s = account.timings.vad_s, account.speech_s
    if speech_s is None or not account.duration_s:
        return
    kept = speech_s / account.duration_s
    # Batches need its stretches, whatever it cuts out.
    if account.share(vad_s) >= NOTABLE and kept > 0.9 and account.circumstances.batch_size == 1:
        advice = "Without it (--vad off) this audio would have cost less."
        if account.job_index == 1:
            advice = "The first job also loads the detector: --warm leaves that out. " + advice
        yield Finding(
            f"voice activity detection took {seconds(vad_s)}, "
            f"{share(account.share(vad_s))}, and left {share(kept)} of the audio",
            advice,
            vad_s,
            is_problem=VAD.scaled(scale(account.duration_s)).mark(vad_s) == "slow",
        )
    elif kept <= 0.9:
        cut_s = account.duration_s - speech_s
        yield Finding(
            f"voice activity detection cut {seconds(cut_s)} of {seconds(account.duration_s)} of "
            f"audio, for {seconds(vad_s)}",
            "",
            vad_s,
        )


def _language(account: Account) -> Iterator[Finding]:
    language_s = account.timings.language_s
    if account.share(language_s) >= NOTABLE / 2:
        yield Finding(
            f"detecting the language took {seconds(language_s)}: "
            f"{share(account.share(language_s))}",
            f"--language {account.language or 'CODE'} saves it, where the language is known.",
            language_s,
        )


def _threads(account: Account) -> Iterator[Finding]:
    threads, cores = account.circumstances.threads, account.circumstances.physical_cores
    if account.model is not None and account.model.device != "cpu":
        return
    if cores and threads > cores:
        yield Finding(
            f"{count(threads, 'thread')} on {count(cores, 'physical core')}: "
            f"more threads than cores are slower, not faster",
            "--cpu-threads 0 takes one for each core; bench FILE --threads 1,2,4 shows the curve.",
            account.timings.encode_s + account.timings.generate_s,
            is_problem=True,
        )
    elif 0 < threads < cores and slow(account):
        yield Finding(
            f"{count(threads, 'thread')} on {count(cores, 'physical core')}",
            "--cpu-threads 0 takes one for each core; bench FILE --threads 1,2,4 shows the curve.",
            account.timings.encode_s + account.timings.generate_s,
        )


def _precision(account: Account) -> Iterator[Finding]:
    model = account.model
    if model is None or model.device != "cpu" or model.compute_type != "float32":
        return
    if slow(account):
        yield Finding(
            f"the model {model.name} runs in float32",
            "--compute-type int8 needs a quarter of the memory and is usually faster on a CPU; "
            "bench shows what it does to the text.",
            account.timings.encode_s + account.timings.generate_s,
        )


def _unnamed(account: Account) -> Iterator[Finding]:
    other_s = account.timings.other_s
    if account.share(other_s) > UNNAMED and account.ending is None:
        yield Finding(
            f"{seconds(other_s)}, {share(account.share(other_s))}, belong to no phase",
            "A machine that does other things at the same time is the usual cause.",
            other_s,
        )


Rule = Callable[[Account], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    _ended,
    _slower_than_the_audio,
    _waited,
    _loaded_before,
    _reading,
    _speech_detection,
    _language,
    _threads,
    _precision,
    _unnamed,
    *decoding.RULES,
)
