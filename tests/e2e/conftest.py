"""Servers for the tests that leave them as they are; the others start their own."""

from collections.abc import Iterator

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
