"""A profile as text, as a page, and as a trace."""

import json
import re
from html.parser import HTMLParser

import pytest
from msgspec import structs

from sidecar.core.result import Window
from sidecar.report import profile, trace
from sidecar.report.phases import scale, total_limit
from tests.report.accounts import account, attempt, looping, timed_out

HOSTILE = '</style><script>alert(1)</script> "q" \x1b[31m & \u202e'


def test_the_limits_are_those_of_an_utterance_of_11_2_s_and_grow_with_the_audio() -> None:
    limit = total_limit(11.2)
    assert (limit.ideal_s, limit.acceptable_s) == (3.0, 7.0)
    assert total_limit(2.0) == limit
    assert total_limit(22.4).acceptable_s == pytest.approx(9.0)
    assert scale(112.0) == pytest.approx(10.0)


def test_the_text_has_a_mark_for_each_limit_and_a_line_for_each_attempt() -> None:
    text = profile.text(looping())
    assert re.search(r"^iterate the segments +5\.500 +87\.3 % +1\.839 +7\.357 +fair$", text, re.M)
    assert len(re.findall(r"compression ratio 3\.1 > 2\.4$", text, re.M)) == 4


def test_a_job_that_was_ended_is_profiled_as_far_as_it_came() -> None:
    text = profile.text(timed_out())
    assert "and not done" in text
    assert "the worker's stack at the end, innermost first\n  a.py:1 f" in text


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
    hostile = account(
        circumstances=circumstances,
        segments=(structs.replace(segment, text=HOSTILE),),
        warnings=(HOSTILE,),
    )
    page = profile.html(hostile).decode()
    elements = Elements(page)
    assert elements.opened == []
    assert "script" not in elements.names
    assert elements.links == []
    assert "\x1b" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4


def test_every_kind_of_job_has_its_page() -> None:
    for each in (account(), looping(), timed_out(), account(windows=(), spans=(), model=None)):
        assert Elements(profile.html(each).decode()).opened == []


def test_a_trace_has_the_measured_times_in_microseconds() -> None:
    events = json.loads(trace.encoded(looping()))["traceEvents"]
    done = [event for event in events if event["ph"] == "X"]
    request = next(event for event in done if event["cat"] == "request")
    assert (request["ts"], request["dur"]) == (0.0, 6_300_000.0)
    second = [event for event in done if event["cat"] == "attempt"][1]
    assert (second["ts"], second["dur"]) == (1_500_000.0, 1_000_000.0)
    assert second["args"]["compression_ratio"] == 1.4
    names = {event["args"]["name"] for event in events if event["ph"] == "M"}
    assert {"parent", "worker", "request", "phases", "windows", "attempts"} <= names


def test_the_events_of_a_thread_lie_within_or_beside_each_other() -> None:
    windows = tuple(
        Window(10.0 * n, 10.0 * n + 10, 0.1, 0.2, False, 0.0, (attempt(0.5, 0.4),))
        for n in range(3)
    )
    events = json.loads(trace.encoded(account(windows=windows)))["traceEvents"]
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
