"""Which Python functions of a job take the time, by the interpreter's own profiler."""

import cProfile
from collections.abc import Callable
from pathlib import PurePath
from types import CodeType

from msgspec import structs

from sidecar.core.ipc import Done
from sidecar.core.result import FunctionCost

LIMIT = 40


def with_functions(work: Callable[[], Done]) -> Done:
    """What `work` yields, and what its functions in this thread cost."""
    profiler = cProfile.Profile()
    done = profiler.runcall(work)
    costs = [
        FunctionCost(_name(entry.code), entry.callcount, entry.inlinetime, entry.totaltime)
        for entry in profiler.getstats()
    ]
    costs.sort(key=lambda cost: -cost.cumulative_s)
    transcript = structs.replace(done.transcript, functions=tuple(costs[:LIMIT]))
    return structs.replace(done, transcript=transcript)


def _name(code: CodeType | str) -> str:
    """The last two parts of the path, the line and the function; a native one by its name."""
    if isinstance(code, str):
        return code.strip("<>")
    where = "/".join(PurePath(code.co_filename).parts[-2:])
    return f"{where}:{code.co_firstlineno} {code.co_name}"
