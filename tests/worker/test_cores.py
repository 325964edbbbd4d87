"""The number of threads."""

import psutil

from sidecar.worker.cores import physical_cores


def test_the_count_is_that_of_psutil() -> None:
    assert physical_cores() == (psutil.cpu_count(logical=False) or physical_cores())
