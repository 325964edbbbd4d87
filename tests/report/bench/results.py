"""Results of benchmarks, made up."""

from collections.abc import Sequence

from msgspec import structs

from sidecar.report.bench.result import BenchResult, Machine, Measured, Row, Setup

MACHINE = Machine("Linux", "a processor", 2, 8 << 30)


def measured(latency_s: float, **more: object) -> Measured:
    return structs.replace(
        Measured(latency_s, latency_s / 2, 0, 100_000_000, False, "good morning"), **more
    )


def row(*latencies_s: float, beam_size: int = 5, threads: int = 0, **more: object) -> Row:
    setup = Setup("base", threads, beam_size)
    runs = [measured(latency_s) for latency_s in latencies_s]
    return structs.replace(Row("a.wav", setup, 10.0, "cpu", "int8", runs), **more)


def result(rows: Sequence[Row], **more: object) -> BenchResult:
    made = BenchResult("2026-01-01T00:00:00+00:00", MACHINE, {"asr-sidecar": "1"}, {}, rows)
    return structs.replace(made, **more)
