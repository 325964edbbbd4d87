"""The command line: make the model, measure any model, make the samples."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from faster_whisper import WhisperModel

from . import conversion, evaluation, plan, pool, samples, tokenizer, training, voices
from .network import Shape, Whisper

ASSETS = Path(__file__).parents[2] / "sidecar" / "assets"


@dataclass(frozen=True)
class Effort:
    """How much of everything: pool sizes, minutes of training, sizes of the test sets."""

    training_scale: float
    minutes: float
    test_scale: float
    measured_scale: float


FULL = Effort(1.0, 150, 1.0, 1.0)
QUICK = Effort(0.02, 1.5, 0.05, 0.02)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code, 1 where a full run misses a required figure."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)
    if options.action == "make":
        _make(options)
    if options.action == "samples":
        model = WhisperModel(str(options.model[0]), device="cpu", compute_type="int8")
        for sample in samples.SAMPLES:
            samples.make(sample, model, options.out or ASSETS)
        return 0
    return _evaluate(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="selftest_model", description="Make the built-in self-test model."
    )
    parser.add_argument(
        "action", nargs="?", default="make", choices=("make", "evaluate", "samples")
    )
    parser.add_argument("--quick", action="store_true", help="a few minutes, to see it work")
    parser.add_argument("--minutes", type=float, help="of training; 150 unless quick")
    parser.add_argument("--rate", type=float, help="peak learning rate")
    parser.add_argument("--threads", type=int, default=2, help="of training")
    parser.add_argument("--init", type=Path, help="a model folder to continue from")
    parser.add_argument(
        "--model",
        type=Path,
        nargs="+",
        default=[ASSETS / "selftest"],
        help="to measure; one for the samples to be checked with",
    )
    parser.add_argument("--data-dir", type=Path, default=Path("build/selftest-model"))
    parser.add_argument("--out", type=Path, help="a folder for what is made")
    return parser


def _effort(options: argparse.Namespace) -> Effort:
    return QUICK if options.quick else FULL


def _data(options: argparse.Namespace) -> Path:
    """A quick run keeps its data apart."""
    folder: Path = options.data_dir / ("quick" if options.quick else "full")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _make(options: argparse.Namespace) -> None:
    effort, data = _effort(options), _data(options)
    voices.require_all()
    for recipe in pool.training_recipes(effort.training_scale):
        pool.ensure(recipe, data / "pools")
    minutes = options.minutes or effort.minutes
    vocabulary = tokenizer.vocabulary()
    if options.init:
        network = conversion.load(options.init)
        schedule = plan.Plan(plan.CONTINUED, minutes, options.rate or 1e-3)
    else:
        network = Whisper(Shape(len(vocabulary)))
        schedule = plan.Plan(plan.FROM_SCRATCH, minutes, options.rate or 2e-3)
    end_of_text = vocabulary.index("<|endoftext|>")
    trainer = training.Trainer(network, end_of_text, schedule, data / "checkpoint.pt")
    folder = options.out or data / "model"
    conversion.save(trainer.run(data / "pools", options.threads), folder)
    options.model = [folder]


def _evaluate(options: argparse.Namespace) -> int:
    """Print the table, and write the figures into the data folder as JSON."""
    effort, data = _effort(options), _data(options)
    for recipe in pool.measuring_recipes(effort.test_scale):
        pool.ensure(recipe, data / "pools")
    columns = {
        str(model): evaluation.evaluate(model, data / "pools", effort.measured_scale)
        for model in options.model
    }
    (data / "figures.json").write_text(evaluation.to_json(columns))
    sys.stdout.write(evaluation.table(columns))
    missed = any(figure.passed is False for figures in columns.values() for figure in figures)
    return int(missed and not options.quick)
