"""`curve`: measure accuracy against ε, from 0 until no image survives. The unit of ε is normalized by default."""

import argparse
import string
from dataclasses import asdict, dataclass

from engine.attacks.threat import ThreatModel
from engine.command_line.parser import add_field, add_folders, open_store, print_json
from engine.command_line.waiting import place_of, wait_for_jobs, worker_of
from engine.data.catalog import DatasetSpec
from engine.data.sources import fetch_dataset
from engine.formatting import MISSING, percent, pixel_range
from engine.measurements.curve.read import read_curve, read_thresholds
from engine.measurements.curve.request import CURVE_ATTACKS, CurveRequest, paper_step
from engine.measurements.images import check_test_data_at_hand
from engine.minmax.threshold import PixelThreshold
from engine.queue.job import Job
from engine.queue.run_queue import RunQueue
from engine.queue.submission import check_finished, submit_measurement
from engine.robustness.curve import RobustnessCurve
from engine.robustness.statistics import wilson_interval
from engine.runs.config import linf_threat
from engine.runs.model_config import ModelConfig
from engine.runs.store import RunStore
from engine.validation import field_limits, validated

WIDTH = 23


@dataclass(frozen=True)
class Traced:
    """One requested curve of one run, with its job in the queue and its result."""

    run_id: str
    config: ModelConfig
    request: CurveRequest
    job: Job | None
    curve: RobustnessCurve | None
    thresholds: list[PixelThreshold]

    @property
    def status(self) -> str:
        return self.job.status if self.job else "finished"


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "curve", help="measure accuracy against ε", description=__doc__
    )
    parser.add_argument("run_ids", nargs="+", metavar="RUN_ID", help="finished runs")
    default = field_limits(CurveRequest, "attack").default
    parser.add_argument(
        "--attack",
        nargs="+",
        action="extend",
        metavar="NAME",
        help=f"one or more of {', '.join(CURVE_ATTACKS)} (default {default})",
    )
    parser.add_argument(
        "--step", type=float, metavar="FLOAT", help="step between values of ε (default a third of the paper's ε)"
    )
    add_field(parser, "--unit", ThreatModel, "unit")
    add_field(parser, "--samples", CurveRequest, "samples")
    add_field(parser, "--seed", CurveRequest, "seed")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    queue = RunQueue(store.root)
    run_ids = list(dict.fromkeys(args.run_ids))
    configs = {run_id: store.config(run_id) for run_id in run_ids}
    for run_id in run_ids:
        check_finished(store, run_id)
    asked = {run_id: build_requests(args, config.dataset_spec) for run_id, config in configs.items()}
    for name in dict.fromkeys(config.dataset for config in configs.values()):
        fetch_dataset(name, args.data)
    for run_id, config in configs.items():
        asked[run_id] = [request.on_data(config.dataset, args.data) for request in asked[run_id]]
        check_test_data_at_hand(store, run_id, asked[run_id][0], args.data)
    job_ids = {
        (run_id, request): submit_measurement(store, queue, run_id, request, place_of(args))
        for run_id, requests in asked.items()
        for request in requests
    }
    settings = worker_of(args, store)
    wait_for_jobs(queue, list(job_ids.values()), settings, quiet=args.json)
    traced = [
        _traced(store, run_id, configs[run_id], request, queue.job(job_id))
        for (run_id, request), job_id in job_ids.items()
    ]
    if args.json:
        print_json({"curves": [_document(one) for one in traced]})
    else:
        tables: dict[tuple, list[Traced]] = {}
        for one in traced:
            tables.setdefault((one.config.dataset, one.request), []).append(one)
        for table in tables.values():
            _print_table(table)
    return 1 if any(one.status != "finished" for one in traced) else 0


def build_requests(args: argparse.Namespace, spec: DatasetSpec) -> list[CurveRequest]:
    """One request per attack."""
    step = paper_step(spec) if args.step is None and args.unit == "normalized" else args.step
    threat = linf_threat(spec, step, args.unit)
    names = args.attack or [field_limits(CurveRequest, "attack").default]
    return [
        validated(CurveRequest, attack=name, threat=threat, samples=args.samples, seed=args.seed)
        for name in dict.fromkeys(names)
    ]


def _traced(store: RunStore, run_id: str, config: ModelConfig, request: CurveRequest, job: Job | None) -> Traced:
    is_done = job is None or job.status == "finished"
    curve = read_curve(store, run_id, request) if is_done else None
    return Traced(run_id, config, request, job, curve, read_thresholds(store, run_id))


def _document(one: Traced) -> dict:
    document = {
        "run_id": one.run_id,
        "status": one.status,
        "error": one.job.error if one.job else None,
        "request": one.request.model_dump(),
        "thresholds": [
            asdict(found) | {"protects": found.protects, "epsilon": found.epsilon, "error": found.error}
            for found in one.thresholds
        ],
    }
    if (curve := one.curve) is None:
        return document
    low, high = wilson_interval(curve.survivors, curve.n)
    return document | {
        "n": curve.n,
        "n_invalid": curve.n_invalid,
        "threat": curve.threat.model_dump(),
        "epsilons": curve.epsilons,
        "pixel_epsilons": [curve.pixels(epsilon) for epsilon in curve.epsilons],
        "accuracies": curve.accuracies,
        "low": low.tolist(),
        "high": high.tolist(),
        "half_epsilon": curve.half_epsilon,
        "gone_epsilon": curve.gone_epsilon,
        "ended": curve.ended,
    }


def _print_table(traced: list[Traced]) -> None:
    """Print a row per ε and a column per run, for one attack on the runs of one data set."""
    request = traced[0].request
    names = dict(zip((one.run_id for one in traced), _column_names(len(traced)), strict=True))
    for one in traced:
        print(f"{names[one.run_id]}  {one.run_id} ({one.config.label})  {one.status}")
        if one.job and one.job.error:
            print(f"   {one.job.error}")
    curves = {one.run_id: one.curve for one in traced if one.curve}
    if not curves:
        print()
        return
    first = next(iter(curves.values()))
    print(f"   {request.attack}, {first.threat.norm}, n = {first.n}, seed {first.seed}, 95 % intervals")
    _print_row(f"ε {first.threat.unit}", "ε in pixels", [names[run_id] for run_id in curves])
    for epsilon in max((curve.epsilons for curve in curves.values()), key=len):
        cells = [_accuracy(curve, epsilon) for curve in curves.values()]
        _print_row(f"{epsilon:g}", _pixels(first, epsilon), cells)
    _print_row("half gone at", "", [_epsilon(curve, curve.half_epsilon) for curve in curves.values()])
    _print_row("none left at", "", [_epsilon(curve, curve.gone_epsilon) for curve in curves.values()])
    thresholds = {one.run_id: one.thresholds for one in traced if one.curve}
    if any(thresholds.values()):
        _print_row("threshold", "", [_threshold(found) for found in thresholds.values()])
        print("   threshold: the only pixel values that a filter of the first convolution sees.")
    if any(curve.ended == "whole range" for curve in curves.values()):
        print("   Images survived an ε that reaches every image: the attack failed there, and maybe at smaller ε.")
    if invalid := sum(curve.n_invalid for curve in curves.values()):
        print(f"   {invalid} adversarial images exceed their budget: these numbers cannot be trusted.")
    print()


def _column_names(count: int) -> list[str]:
    letters = string.ascii_uppercase
    return [letters[index % 26] + (str(index // 26) if index >= 26 else "") for index in range(count)]


def _print_row(name: str, pixels: str, cells: list[str]) -> None:
    print(f"  {name:14}{pixels:>14}" + "".join(f"{cell:>{WIDTH}}" for cell in cells))


def _accuracy(curve: RobustnessCurve, epsilon: float) -> str:
    count = int(curve.survivors_at([epsilon])[0])
    low, high = wilson_interval(count, curve.n)
    return f"{percent(count / curve.n)} [{100 * low:.1f}, {100 * high:.1f}]"


def _epsilon(curve: RobustnessCurve, epsilon: float | None) -> str:
    return MISSING if epsilon is None else f"{epsilon:.3g} ({_pixels(curve, epsilon)} px)"


def _pixels(curve: RobustnessCurve, epsilon: float) -> str:
    return pixel_range(curve.pixels(epsilon), "–")


def _threshold(found: list[PixelThreshold]) -> str:
    return ", ".join(f"{'>' if one.protects == 'black' else '<'} {one.pixel:.4f} px" for one in found) or MISSING
