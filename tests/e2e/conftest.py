"""Servers for the tests that leave them as they are; the others start their own."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.client import Client


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """A server with its model loaded. No test may kill its worker, or leave a job in it."""
    with Client() as client:
        yield client.ready()


@pytest.fixture(scope="module", params=["line", "header"])
def light(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A server without a model, in each of the framings: for what the parent alone answers."""
    with Client(framing=request.param, model=None) as client:
        yield client


Measured = Callable[[float], None]
LATENESS = pytest.StashKey[list[tuple[str, float]]]()


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """Notes by how many seconds an answer missed its deadline; shown when all tests are done."""
    noted = request.config.stash.setdefault(LATENESS, [])
    return lambda late_s: noted.append((request.node.name, late_s))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """How late the answers were; negative: how early."""
    noted = config.stash.get(LATENESS, [])
    if noted:
        terminalreporter.section("milliseconds from the deadline to the answer")
    for name, late_s in noted:
        terminalreporter.write_line(f"{late_s * 1000:8.1f}  {name}")
