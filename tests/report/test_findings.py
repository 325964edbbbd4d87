"""What is said about a job: only what is true of it, and what to do."""

import pytest

from sidecar.core.result import ModelInfo
from sidecar.report.account import Account, Circumstances
from sidecar.report.decoding import fallbacks
from sidecar.report.finding import Finding
from sidecar.report.findings import findings
from tests.report.accounts import account, attempt, looping, spent, timed_out, window


def said(about: Account, words: str) -> Finding:
    """The one finding with these words in it."""
    (found,) = [finding for finding in findings(about) if words in finding.text]
    return found


def is_silent(about: Account, words: str) -> bool:
    return not any(words in finding.text for finding in findings(about))


def test_a_job_that_took_what_it_should_has_nothing_to_say() -> None:
    wide = window(attempt(beam_size=1))
    assert findings(account(wide, duration_s=20.0, timings=spent(encode_s=0.3))) == []


def test_a_window_that_was_decoded_again_is_told_with_its_reason_and_its_share() -> None:
    twice = window(looping(), attempt(at_s=0.95, temperature=0.2))
    found = said(account(window(attempt()), twice, timings=spent(generate_s=1.2)), "decoded")
    assert found.text == (
        "window 2 (0.0-11.0 s) was decoded 2 times: compression ratio 3.1 > 2.4; 44 % of the job"
    )
    assert "--vad silero" in found.advice
    assert found.is_problem


def test_speech_detection_is_not_advised_to_who_has_it() -> None:
    twice = window(looping(), attempt())
    found = said(account(twice, circumstances=Circumstances("a", vad="silero")), "decoded 2")
    assert "silero" not in found.advice
    assert "--temperature" in found.advice


def test_a_window_that_no_attempt_was_good_enough_for_says_what_was_kept() -> None:
    rejected = window(looping(0), looping(1))
    assert "the most probable one was kept" in said(account(rejected), "decoded 2").text
    cut = window(looping(0), attempt("compression_ratio 4 > 2.4; it loops; cut at the loop"))
    assert "kept up to its loop" in said(account(cut), "decoded 2").text


def test_the_window_in_which_a_job_ended_has_kept_nothing() -> None:
    found = said(account(window(looping(0), looping(1)), ending=timed_out()), "decoded 2")
    assert "kept" not in found.text


def test_different_reasons_are_told_once_each() -> None:
    hard = window(looping(0), looping(1), attempt("avg_logprob -1.3 < -1"), attempt())
    assert (
        "4 times: compression ratio 3.1 > 2.4, then average log-probability -1.3 < -1;"
        in said(account(hard), "decoded").text
    )


def test_the_advice_is_for_the_reason_that_came_up_most() -> None:
    unsure = attempt("avg_logprob -1.3 < -1")
    lost = said(account(window(looping(0), unsure, unsure, attempt())), "decoded")
    assert "larger model" in lost.advice
    repeating = said(account(window(looping(0), looping(1), unsure, attempt())), "decoded")
    assert "repeats itself" in repeating.advice


def test_many_windows_that_were_decoded_again_are_one_finding() -> None:
    windows = [window(looping(), looping(1), attempt())] * 5
    found = said(account(*windows, window(attempt())), "decoded")
    assert found.text.startswith("5 of 6 windows were decoded more than once")


def test_a_first_look_and_the_rest_are_no_decoding_again() -> None:
    looked = window(attempt("unfinished after 79 tokens"), attempt())
    assert is_silent(account(looked), "was decoded")


def test_a_first_look_and_the_rest_are_no_fallback() -> None:
    looked = window(attempt("unfinished after 79 tokens"), looping(), attempt())
    assert fallbacks([looked, window(attempt()), window()]) == 1


def test_batches_that_nobody_judges_were_not_rejected() -> None:
    assert is_silent(account(window(attempt("not judged"))), "decoded")


def test_a_context_that_did_not_do_is_told_with_the_other_one() -> None:
    doubted = window(attempt("it loops", context_s=4.0), attempt())
    found = said(account(doubted), "decoded 2 times: it loops")
    assert "--encoder-context full" in found.advice


def test_advice_is_given_once() -> None:
    twice = window(looping(), attempt())
    advised = [found for found in findings(account(twice, twice)) if found.advice]
    assert len([found for found in advised if "--temperature" in found.advice]) == 1


def test_how_a_job_ended_comes_first_with_the_attempt_it_ended_in() -> None:
    late = account(
        window(looping()), timings=spent(generate_s=1.4), ending=timed_out(), duration_s=11.0
    )
    first, *others = findings(late)
    assert first.text == (
        "it failed in phase generate: the total budget of 2 s ran out; "
        "3.0 of 11.0 s of audio were transcribed"
    )
    assert "--timeout" in first.advice
    assert any("attempt 2, which had run for 1.0 s: 50 %" in other.text for other in others)


def test_a_job_that_took_longer_than_its_audio_says_what_took_it() -> None:
    slow = account(window(attempt()), duration_s=2.0, timings=spent(generate_s=9.4))
    found = said(slow, "times as long as its audio")
    assert found.text == "the job took 5.0 times as long as its audio; 94 % of it was generating"
    assert "smaller model" in found.advice


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("queue_s", "waited 1.0 s for its turn"),
        ("load_s", "waited 1.0 s for the model to load"),
        ("pipe_s", "the way to the worker and back took 1.0 s"),
        ("decode_s", "reading the audio took 1.0 s"),
        ("align_s", "aligning the words took 1.0 s"),
        ("language_s", "detecting the language took 1.0 s"),
        ("encode_s", "encoding took 1.0 s"),
        ("other_s", "1.0 s, 50 %, belong to no phase"),
    ],
)
def test_a_phase_that_takes_much_is_named(phase: str, words: str) -> None:
    assert is_silent(account(timings=spent(encode_s=0.3)), words)
    said(account(timings=spent(**{phase: 1.0})), words)


def test_a_beam_is_worth_a_word_only_where_generating_is_slow() -> None:
    assert is_silent(account(timings=spent(generate_s=0.9)), "beam")
    found = said(account(timings=spent(generate_s=9.0)), "a beam of 5 took 9.0 s: 94 %")
    assert "--beam-size 1" in found.advice
    narrow = window(attempt(beam_size=1))
    assert is_silent(account(narrow, timings=spent(generate_s=9.0)), "beam")


def test_the_fixed_price_of_encoding_is_told_of_short_audio_with_the_full_context_only() -> None:
    short = account(duration_s=2.0, timings=spent(encode_s=2.0))
    assert "--encoder-context fit" in said(short, "of which 2.0 s are audio").advice
    fit = Circumstances("a", encoder_context="fit")
    assert is_silent(account(duration_s=2.0, circumstances=fit), "the encoder works through")
    assert is_silent(account(duration_s=29.0), "the encoder works through")


def test_windows_that_were_decoded_for_silence_are_told() -> None:
    silent = window(attempt("no_speech 0.9 > 0.6"))
    found = said(account(silent, window(attempt())), "1 of 2 windows were decoded")
    assert "silero" in found.advice


def test_speech_detection_that_cut_nothing_is_told_by_its_price() -> None:
    dear = account(timings=spent(vad_s=2.0), speech_s=11.0, job_index=1)
    found = said(dear, "left 100 % of the audio")
    assert "--warm" in found.advice
    assert found.is_problem
    useful = account(timings=spent(vad_s=0.3), speech_s=5.0)
    assert "cut 6.0 s of 11.0 s of audio" in said(useful, "voice activity").text
    batched = Circumstances("a", vad="silero", batch_size=4)
    needed = account(timings=spent(vad_s=2.0), speech_s=11.0, circumstances=batched)
    assert is_silent(needed, "voice activity")


def test_more_threads_than_cores_are_a_problem_on_a_cpu_alone() -> None:
    many = Circumstances("a", threads=8, physical_cores=4)
    assert said(account(circumstances=many), "8 threads on 4 physical cores").is_problem
    gpu = ModelInfo("m", "/m", "cuda", "float16")
    assert is_silent(account(circumstances=many, model=gpu), "threads")
    assert is_silent(account(circumstances=Circumstances("a", physical_cores=4)), "thread")


def test_float32_is_told_where_it_is_slow() -> None:
    model = ModelInfo("base", "/m", "cpu", "float32")
    assert is_silent(account(model=model), "float32")
    assert "int8" in said(account(model=model, timings=spent(generate_s=9.0)), "float32").advice


def test_quality_that_was_given_up_is_a_problem() -> None:
    assert said(account(degraded=True), "quality was given up").is_problem


def test_loading_that_took_longer_than_the_job_is_told() -> None:
    loaded = Circumstances("a", loaded_before_s=5.0)
    assert "serve" in said(account(circumstances=loaded), "5.0 s before the job").advice


def test_problems_come_before_remarks_and_the_costliest_first() -> None:
    many = account(
        window(looping(0), looping(1)),
        timings=spent(align_s=5.0, queue_s=2.0),
        circumstances=Circumstances("a", loaded_before_s=20.0),
    )
    found = findings(many)
    assert [finding.is_problem for finding in found] == sorted(
        (finding.is_problem for finding in found), reverse=True
    )
    problems = [finding.seconds for finding in found if finding.is_problem]
    assert problems == sorted(problems, reverse=True)
