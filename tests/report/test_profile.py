"""The profile of a job as text."""

from msgspec import structs

from sidecar.core.result import FunctionCost
from sidecar.report import profile
from sidecar.report.account import Account, Circumstances
from tests.report.accounts import account, attempt, looping, timed_out, window


def of(found: Account, **circumstances: object) -> str:
    changed = structs.replace(found.circumstances, **circumstances)
    return profile.text(structs.replace(found, circumstances=changed))


def test_every_attempt_is_a_line_under_its_window() -> None:
    lines = of(account(window(looping()), window(looping(), attempt()))).splitlines()
    table = lines[lines.index("windows and attempts") + 2 :][:3]
    assert [line.split()[0] for line in table] == ["1", "2", "2"]
    assert table[2].endswith("accepted")


def test_a_column_appears_when_there_is_something_in_it() -> None:
    assert "  context  " not in of(account())
    assert "  context  " in of(account(window(attempt(context_s=4.0))))


def test_a_name_cannot_move_the_cursor() -> None:
    assert "\x1b" not in of(account(), name="a\x1b[2J.wav")


def test_functions_are_told_of_only_if_they_were_asked_for() -> None:
    cost = FunctionCost("worker/main.py:1 work", 3, 0.1, 0.5)
    assert "functions" not in of(account())
    assert "worker/main.py:1 work" in of(account(), functions=(cost,))
    assert "a job that fails tells nothing of them" in of(account(ending=timed_out()), functions=())


def test_a_job_that_failed_says_so_in_its_first_line_and_shows_where_it_was() -> None:
    ending = structs.replace(timed_out(), stack=("worker/window.py:1 decode",))
    text = of(account(ending=ending))
    assert text.startswith("a.wav: 11.0 s of audio in 1.0 s, and not done\n")
    assert "  worker/window.py:1 decode\n" in text


def test_a_calm_job_is_told_to_be_one() -> None:
    calm = account(window(attempt(beam_size=1)), circumstances=Circumstances("a"))
    assert "nothing stands out" in of(structs.replace(calm, duration_s=29.0))
