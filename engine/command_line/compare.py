"""`compare`: test whether runs differ in accuracy under attack. The runs must share an evaluation."""

import argparse
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations, groupby

from engine.attacks.threat import ThreatModel
from engine.command_line.inspection import name_damaged_reports
from engine.command_line.parser import add_folders, open_store, print_json
from engine.documents import modified, usable
from engine.errors import InputError
from engine.formatting import MISSING, epsilon_words
from engine.measurements.evaluation.read import read_report, read_reports
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.overview import read_overview
from engine.robustness.report import RobustnessReport
from engine.runs.store import RunStore
from engine.studies.comparison import NOISE_RULE, Contrast, Survivors, contrasts, read_comparison
from engine.validation import field_limits

DECISIVE = {"epsilon": ThreatModel, "unit": ThreatModel, "samples": EvaluationRequest, "seed": EvaluationRequest}
"""Fields that identify an evaluation, each with its model; the options have the same names."""


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "compare", help="test whether runs differ", description=__doc__
    )
    parser.add_argument(
        "run_ids", nargs="+", metavar="RUN_ID", help="evaluated runs; seeds of one configuration are grouped"
    )
    parser.add_argument(
        "--reference", metavar="RUN_ID", help="run that the others are compared with (default the first)"
    )
    asked = parser.add_argument_group(
        "evaluation", "select one of the evaluations that all runs share; the newest match is used"
    )
    for flag, model in DECISIVE.items():
        limits = field_limits(model, flag)
        kind, choices = type(limits.default), limits.choices or None
        metavar = None if choices else kind.__name__.upper()
        text = f"{limits.description} (default any)"
        asked.add_argument(f"--{flag}", type=kind, choices=choices, metavar=metavar, help=text)
    add_folders(parser, data=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    reference = args.reference or args.run_ids[0]
    runs = [read_overview(store, run_id, None) for run_id in dict.fromkeys([reference, *args.run_ids])]
    if len(runs) == 1:
        raise InputError("two runs or more", f"only {reference}", "Name the runs to compare it with.")
    if len(datasets := dict.fromkeys(run.config.dataset for run in runs)) > 1:
        raise InputError(
            "runs of one data set", " and ".join(datasets), "Compare the runs of each data set separately."
        )
    protocol_id, report, survivors = _choose_evaluation(args, store, [run.run_id for run in runs])
    name_damaged_reports(store, [run.run_id for run in runs])
    found = contrasts(runs, survivors, reference)
    used = {run_id for one in found for run_id in (*one.run_ids, *one.reference_ids)}
    left_out = [run.run_id for run in runs if run.run_id not in used]
    labels = {run.run_id: run.label for run in runs}
    if args.json:
        evaluation = {"protocol_id": protocol_id, **report.model_dump(include={"threat", "pixel_epsilon", "seed"})}
        rows = [{**asdict(one), "seeds": one.seeds, "verdict": one.verdict} for one in found]
        found_there = {"labels": labels, "comparisons": rows, "left_out": left_out, "rule": NOISE_RULE}
        print_json({**evaluation, "n": report.n, **found_there})
        return 0
    epsilon = epsilon_words(report.threat.epsilon, report.threat.unit, report.pixel_epsilon)
    print(f"{epsilon}, n = {report.n}, seed {report.seed}")
    for _, rows in groupby(found, key=lambda one: one.run_ids):
        _print_table(list(rows), labels)
    if left_out:
        print(f"\nNot compared, since the other side has no run with the same seed: {', '.join(left_out)}")
    print("\n" + textwrap.fill(NOISE_RULE, 100))
    return 0


def _choose_evaluation(
    args: argparse.Namespace, store: RunStore, run_ids: Sequence[str]
) -> tuple[str, RobustnessReport, dict[str, Survivors]]:
    """Newest evaluation that all runs share and that matches the options.

    Returns:
        Protocol id, report of the first run, survivors of each run.

    Raises:
        InputError: no evaluation matches, or the predictions of a run cannot be read.
    """
    shared, command = _shared_reports(store, run_ids), f"python -m engine evaluate {' '.join(run_ids)}"
    if not shared:
        got, remedy = "none", f"Evaluate them with the same settings: {command}."
        if len(_test_data(store, run_ids)) > 1:
            got += ": they were evaluated on different test data, which cannot be compared image by image"
            remedy = f"Evaluate them on the same data: {command} --other-data."
        raise InputError("an evaluation that all these runs share", got, remedy)
    asked = {name: value for name in DECISIVE if (value := getattr(args, name)) is not None}
    fitting = {key: report for key, report in shared.items() if asked.items() <= _decisive(report).items()}
    if not fitting:
        words = " ".join(f"--{name} {value}" for name, value in asked.items())
        remedy = f"Evaluations that they share: {'; '.join(_words(report) for report in list(shared.values())[:5])}."
        raise InputError(f"runs that share an evaluation with {words}", "none", remedy)
    for protocol_id, report in fitting.items():
        survivors = read_comparison(store, run_ids, protocol_id)
        if len(survivors) == len(run_ids):
            return protocol_id, report, survivors
    remedy = f"Evaluate again: {command} {_words(next(iter(fitting.values())))}."
    raise InputError(
        "predictions of every run", "a damaged file, one of an older version, or a run recorded without images", remedy
    )


def _shared_reports(store: RunStore, run_ids: Sequence[str]) -> dict[str, RobustnessReport]:
    """Protocol id -> report of the first run, for evaluations of all runs on the same images; newest first."""
    by_run = [{path.stem: path for path in store.report_paths(run_id)} for run_id in run_ids]
    found = []
    for protocol_id in set.intersection(*(set(paths) for paths in by_run)):
        paths = [one[protocol_id] for one in by_run]
        reports = [report for path in paths if (report := usable(read_report, path))]
        is_one_set = all(first.shares_images(second) for first, second in combinations(reports, 2))
        if len(reports) == len(paths) and is_one_set:
            found.append((max(map(modified, paths)), protocol_id, reports[0]))
    return {protocol_id: report for _, protocol_id, report in sorted(found, key=lambda one: one[:2], reverse=True)}


def _test_data(store: RunStore, run_ids: Sequence[str]) -> set[str]:
    """Digests of all test data that these runs were evaluated on, as far as reports name them."""
    reports = (report for run_id in run_ids for report in read_reports(store, run_id).values())
    return {report.test_data for report in reports if report.test_data is not None}


def _decisive(report: RobustnessReport) -> dict[str, float | str | int]:
    threat = report.threat
    return dict(zip(DECISIVE, (threat.epsilon, threat.unit, report.samples or report.n, report.seed), strict=True))


def _words(report: RobustnessReport) -> str:
    return " ".join(f"--{name} {value}" for name, value in _decisive(report).items())


def _print_table(rows: Sequence[Contrast], labels: dict[str, str]) -> None:
    print()
    for run_id, reference_id in zip(rows[0].run_ids, rows[0].reference_ids, strict=True):
        print(f"{run_id} ({labels[run_id]}) against {reference_id} ({labels[reference_id]})")
    _print_row("", "accuracy %", "reference %", "difference, points", "only it", "only ref.", "p")
    for one in rows:
        _print_row(
            "no attack" if one.attack == "none" else one.attack,
            _points(one.accuracy, one.low, one.high),
            _points(one.reference_accuracy, one.reference_low, one.reference_high),
            _points(one.difference, one.difference_low, one.difference_high, "+"),
            str(one.only_first),
            str(one.only_second),
            MISSING if one.p_value is None else "<.001" if one.p_value < 0.001 else f"{one.p_value:.3f}",
            one.verdict,
        )


def _print_row(name: str, *cells: str) -> None:
    widths = (20, 20, 22, 9, 11, 7)
    padded = "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))
    print(f"  {name:12}{padded}  {' '.join(cells[len(widths) :])}".rstrip())


def _points(value: float, low: float | None, high: float | None, sign: str = "") -> str:
    interval = "" if low is None or high is None else f" [{100 * low:{sign}.1f}, {100 * high:{sign}.1f}]"
    return f"{100 * value:{sign}.1f}{interval}"
