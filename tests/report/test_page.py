"""A profile as a page, and as a trace."""

import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sidecar.core.timing import Phase, PhaseSpan
from sidecar.report import page, profile, trace
from sidecar.report.account import Circumstances
from sidecar.report.waterfall import ticks
from tests.report.accounts import account, attempt, looping, timed_out, window

ENCODED = PhaseSpan(Phase.ENCODE, 0.1, 0.4)
HOSTILE = '</style><script>alert(1)</script> "q" \x1b[31m & \u202e'


class Elements(HTMLParser):
    """The elements of a page; fails on tags that do not close."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.names: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def test_the_page_holds_whatever_a_name_or_a_transcript_says_and_loads_nothing() -> None:
    circumstances = structs.replace(account().circumstances, name=HOSTILE)
    (segment,) = account().segments
    hostile = structs.replace(
        account(circumstances=circumstances),
        segments=(structs.replace(segment, text=HOSTILE),),
        warnings=(HOSTILE,),
    )
    shown = profile.html(hostile).decode()
    elements = Elements(shown)
    assert elements.opened == []
    assert "script" not in elements.names
    assert elements.links == []
    assert "\x1b" not in shown
    assert "default-src 'none'" in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4


def test_every_kind_of_job_has_its_page() -> None:
    empty = structs.replace(account(), windows=(), spans=(), model=None)
    looped = account(window(looping(0), looping(1)), spans=(ENCODED,))
    for each in (account(), looped, account(ending=timed_out()), empty):
        assert Elements(profile.html(each).decode()).opened == []


def test_a_trace_has_the_measured_times_in_microseconds() -> None:
    looped = account(window(looping(0), looping(1)), spans=(ENCODED,))
    events = json.loads(trace.encoded(looped))["traceEvents"]
    done = [event for event in events if event["ph"] == "X"]
    request = next(event for event in done if event["cat"] == "request")
    assert (request["ts"], request["dur"]) == (0.0, 1_000_000.0)
    second = [event for event in done if event["cat"] == "attempt"][1]
    assert (second["ts"], second["dur"]) == (950_000.0, 400_000.0)
    assert second["args"]["temperature"] == 0.2
    names = {event["args"]["name"] for event in events if event["ph"] == "M"}
    assert {"parent", "worker", "request", "phases", "windows", "attempts"} <= names


def test_the_time_line_begins_with_the_start_of_the_worker() -> None:
    here = Circumstances("a.wav", loaded_before_s=0.5, load_at_s=-0.6)
    events = json.loads(trace.encoded(account(circumstances=here)))["traceEvents"]
    at_us = {event["name"]: event["ts"] for event in events if event["ph"] == "X"}
    assert at_us["start the worker and load the model"] == 0.0
    assert at_us["a.wav"] == 600_000.0


def test_letters_that_are_joined_stay_so() -> None:
    assert page.said(
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 <\U0001f469\u200d\U0001f680>"
    ) == ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 &lt;\U0001f469\u200d\U0001f680&gt;")
    assert page.said("a\u202eb\x00c\ud800") == "a b c "


@given(st.floats(1e-6, 1e6))
def test_the_marks_of_an_axis_are_few_and_round(end: float) -> None:
    marks = ticks(end)
    assert 2 <= len(marks) <= 7
    assert marks[0] == 0
    assert marks[-1] <= end * (1 + 1e-6)
    assert f"{marks[1]:e}"[0] in "125"


def test_the_events_of_a_thread_lie_within_or_beside_each_other() -> None:
    windows = tuple(window(attempt(), start_s=10.0 * n, end_s=10.0 * n + 10) for n in range(3))
    events = json.loads(trace.encoded(account(*windows, spans=(ENCODED,))))["traceEvents"]
    threads: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for event in events:
        if event["ph"] == "X":
            span = (event["ts"], event["ts"] + event["dur"])
            threads.setdefault((event["pid"], event["tid"]), []).append(span)
    for spans in threads.values():
        for one in spans:
            for other in spans:
                assert (
                    one is other
                    or one[1] <= other[0]
                    or other[1] <= one[0]
                    or (one[0] <= other[0] and other[1] <= one[1])
                    or (other[0] <= one[0] and one[1] <= other[1])
                )
