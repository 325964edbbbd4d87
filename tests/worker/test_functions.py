"""The costs of the worker's functions, by a job made of two functions."""

from sidecar.core.ipc import Done
from sidecar.core.result import Transcript
from sidecar.core.timing import Timings
from sidecar.worker.functions import with_functions


def _inner() -> int:
    return sum(range(200_000))


def _outer() -> Done:
    _inner()
    _inner()
    return Done(
        "job", Transcript("", None, None, {}, (), 1.0, None, 1.0, Timings(), (), degraded=False)
    )


def test_functions_are_named_by_place_and_ordered_by_what_they_cost_with_their_callees() -> None:
    done = with_functions(_outer)
    outer, inner, native = done.transcript.functions[:3]
    assert outer.name.startswith("worker/test_functions.py:")
    assert outer.name.endswith(" _outer")
    assert inner.name.endswith(" _inner")
    assert native.name == "built-in method builtins.sum"
    assert (outer.calls, inner.calls, native.calls) == (1, 2, 2)
    assert outer.cumulative_s >= inner.cumulative_s >= native.cumulative_s > 0
    assert outer.own_s <= outer.cumulative_s - inner.cumulative_s + 1e-6
