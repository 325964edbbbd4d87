"""What a profile says about a job."""

from msgspec import structs

from sidecar.report.findings import findings
from tests.report.accounts import LOOPED, account, attempt, looping, timed_out


def said(of: object) -> str:
    return "\n".join(f"{each.text} > {each.advice}" for each in findings(of))  # type: ignore[arg-type]


def test_a_job_that_is_as_it_should_be_has_nothing_to_be_said() -> None:
    plain = account()
    quick = structs.replace(plain.timings, encode_s=0.2, generate_s=1.7, total_s=2.0)
    assert findings(structs.replace(plain, timings=quick)) == []


def test_a_window_that_was_decoded_again_is_named_with_the_reason_and_its_share() -> None:
    assert (
        "window 2 (30.0-41.2 s) was decoded 5 times: compression ratio 3.1 > 2.4; 71 % of the job"
        in said(looping())
    )


def test_the_advice_for_a_loop_depends_on_whether_silence_was_cut() -> None:
    assert "--vad silero" in said(looping())
    cut = structs.replace(looping().circumstances, vad="silero")
    assert "--vad silero" not in said(structs.replace(looping(), circumstances=cut))


def test_a_timeout_comes_first_and_the_attempt_it_came_in_is_named() -> None:
    found = findings(timed_out())
    assert found[0].text.startswith("it failed in phase generate: the total budget")
    assert "in window 1, in attempt 2, which had run for 2.4 s: 60 % of the job" in said(
        timed_out()
    )


def test_the_price_of_the_encoder_is_told_for_short_audio() -> None:
    timings = structs.replace(account().timings, encode_s=1.5, generate_s=0.4)
    short = account(timings=timings, duration_s=2.0)
    assert "of which 2.0 s are audio > --encoder-context fit" in said(short)
    (window,) = short.windows
    fitted = structs.replace(window, attempts=(attempt(0.9, 0.4, context_s=3.0),))
    assert "--encoder-context fit" not in said(structs.replace(short, windows=(fitted,)))


def test_a_fitting_context_that_did_not_do_is_told_of() -> None:
    (window,) = account().windows
    tries = (attempt(0.9, 0.3, LOOPED, context_s=12.2), attempt(1.3, 0.6))
    again = account(windows=(structs.replace(window, attempts=tries),))
    assert "1 of 1 window did not do with a fitting encoder context" in said(again)


def test_more_threads_than_cores_are_a_problem() -> None:
    crowded = structs.replace(account().circumstances, threads=8)
    assert "8 threads on 2 physical cores" in said(account(circumstances=crowded))


def test_waiting_for_the_model_is_told_apart_from_the_work() -> None:
    timings = structs.replace(account().timings, load_s=3.0, total_s=5.0)
    assert "it waited 3.0 s for the model to load: 60 %" in said(account(timings=timings))


def test_time_without_a_name_is_admitted() -> None:
    timings = structs.replace(account().timings, other_s=0.5)
    assert "500 ms, 25 %, belong to no phase" in said(account(timings=timings))
