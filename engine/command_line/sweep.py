"""`sweep`: train a run for every λ, μ and seed, and attack each run. Existing results are not computed again.

Values of λ and μ are numbers, or LOW..HIGH/COUNT for COUNT values from LOW to HIGH.
"""

import argparse
import re
from collections.abc import Sequence

from engine.attacks.catalog import ATTACKS, PRESETS
from engine.command_line.inspection import name_damaged_reports
from engine.command_line.parser import add_field, add_folders, open_store, print_json
from engine.command_line.run_options import add_network_options, add_training_options, run_settings
from engine.command_line.study_progress import progress_words, wait_for_study
from engine.command_line.sweep_table import point_documents, print_points
from engine.command_line.waiting import place_of, worker_of
from engine.data.sources import fetch_dataset
from engine.devices import resolve_device
from engine.documents import usable
from engine.errors import InputError
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.run_files import evaluation_path
from engine.runs.run_settings import MOST_RUNS
from engine.runs.store import RunStore
from engine.studies.study import Study, StudyProgress, stop_study, study_progress, submit_study
from engine.studies.sweep import NO_PROBE, WATCHED_LITTLE, Spacing, SweepRequest, spaced
from engine.studies.sweep_files import read_sweeps, save_sweep
from engine.validation import validated

RANGE = re.compile(r"(?P<low>[^/]+?)\.\.(?P<high>[^/]+)/(?P<count>\d+)")
NO_ATTACKS = "none"
USUAL = SweepRequest()


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("sweep", help="train a grid of λ and μ", description=__doc__)
    add_network_options(parser)
    strengths = "numbers or LOW..HIGH/COUNT, 0 to 10"
    parser.add_argument("--l1", nargs="+", metavar="λ", help=f"{strengths} (default {_words(USUAL.l1_strengths)})")
    parser.add_argument(
        "--mu", nargs="+", metavar="μ", help=f"{strengths}, negative for decay (default {_words(USUAL.mus)})"
    )
    parser.add_argument(
        "--spacing", choices=("logarithmic", "linear"), default="logarithmic", help="spacing of LOW..HIGH/COUNT"
    )
    parser.add_argument(
        "--seed",
        nargs="+",
        type=int,
        metavar="INT",
        default=[0],
        help=f"seeds (default 0); at most {MOST_RUNS} runs in all",
    )
    parser.add_argument(
        "--attacks",
        nargs="+",
        default=list(USUAL.attacks),
        metavar="NAME",
        help=f"attacks on every run: presets ({', '.join(PRESETS)}), any of {', '.join(ATTACKS)}, or {NO_ATTACKS}"
        f" (default {' '.join(USUAL.attacks)})",
    )
    add_field(parser, "--samples", EvaluationRequest, "samples")
    add_training_options(parser, WATCHED_LITTLE, NO_PROBE)
    parser.add_argument("--wait", action="store_true", help="return when all runs and attacks have ended")
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--stop", action="store_true", help="stop this sweep; the same command without --stop resumes it"
    )
    action.add_argument("--list", action="store_true", help="list the sweeps of this store, newest first")
    add_folders(parser)
    parser.set_defaults(run=run)


def build_request(args: argparse.Namespace) -> SweepRequest:
    """Request for the parsed options; InputError when one is out of its limits."""
    if NO_ATTACKS in args.attacks and len(args.attacks) > 1:
        raise InputError(f"attacks, or {NO_ATTACKS} alone", " ".join(args.attacks), f"Leave out {NO_ATTACKS}.")
    return validated(
        SweepRequest,
        l1_strengths=USUAL.l1_strengths if args.l1 is None else strengths(args.l1, args.spacing),
        mus=USUAL.mus if args.mu is None else strengths(args.mu, args.spacing),
        seeds=tuple(args.seed),
        attacks=() if args.attacks == [NO_ATTACKS] else tuple(args.attacks),
        samples=args.samples,
        **run_settings(args),
    )


def strengths(words: Sequence[str], spacing: Spacing) -> tuple[float, ...]:
    """Values of words that are numbers or LOW..HIGH/COUNT; InputError for any other word."""
    found: list[float] = []
    for word in words:
        bounds = RANGE.fullmatch(word)
        try:
            low, high = map(float, bounds.group("low", "high") if bounds else (word, word))
        except ValueError as error:
            remedy = "Write, for example, 0 0.01..1/5."
            raise InputError("numbers or LOW..HIGH/COUNT", repr(word), remedy) from error
        found += spaced(low, high, int(bounds["count"]), spacing) if bounds else (low,)
    return tuple(found)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    queue = RunQueue(store.root)
    if args.list:
        return _list(args, store, queue)
    request = build_request(args)
    study = request.study  # refused before anything is downloaded
    if not args.stop:
        fetch_dataset(args.dataset, args.data)
        resolve_device(args.device)
    request = request.on_data(args.data)
    study = request.study
    if args.stop:
        queue.reconcile()
        stop_study(queue, study, study_progress(store, queue, study, list_runs(store, queue)[0]))
        progress = study_progress(store, queue, study, list_runs(store, queue)[0])
    else:
        save_sweep(store, request)
        submit_study(store, queue, study, list_runs(store, queue)[0], place_of(args))
        progress = wait_for_study(store, queue, study, worker_of(args, store), wait=args.wait, quiet=args.json)
    _report(args, store, queue, request, study, progress)
    return 1 if progress.count("failed") else 0


def _report(
    args: argparse.Namespace,
    store: RunStore,
    queue: RunQueue,
    request: SweepRequest,
    study: Study,
    progress: StudyProgress,
) -> None:
    run_ids = [run_id for run_id in store.run_ids() if run_id in {step.run_id for step in progress.steps}]
    runs = {run.run_id: run for run in list_runs(store, queue, run_ids)[0]}
    protocol, attacks = (study.evaluation.protocol_id, study.evaluation.attacks) if study.evaluation else ("", ())
    found = {run_id: usable(read_report, evaluation_path(store.path(run_id), protocol)) for run_id in runs}
    reports = {run_id: report for run_id, report in found.items() if report is not None}
    name_damaged_reports(store, runs)
    points = point_documents(progress, runs, reports, attacks)
    if args.json:
        print_json(_summary(request, progress) | {"points": points})
        return
    print(f"{request.sweep_id}  {request.label}: {progress_words(progress, None)}")
    print_points(points)
    if progress.is_busy:
        print("A worker trains and attacks these runs. See the Sweeps page, or repeat the command.")


def _list(args: argparse.Namespace, store: RunStore, queue: RunQueue) -> int:
    runs = list_runs(store, queue)[0]
    sweeps = [(request, study_progress(store, queue, request.study, runs)) for request in read_sweeps(store)]
    if args.json:
        print_json({"sweeps": [_summary(request, progress) for request, progress in sweeps]})
        return 0
    for request, progress in sweeps:
        print(f"{request.sweep_id:28} {progress.fraction:4.0%}  {progress_words(progress, None)}  {request.label}")
        print(f"  {request.command()}")
    if not sweeps:
        print("No sweeps yet. Start with `python -m engine sweep --epochs 2 --wait`.")
    return 0


def _summary(request: SweepRequest, progress: StudyProgress) -> dict:
    statuses = sorted({step.status for step in progress.steps})
    return {
        "sweep_id": request.sweep_id,
        "label": request.label,
        "command": request.command(),
        "fraction": progress.fraction,
        "statuses": {status: progress.count(status) for status in statuses},
    }


def _words(values: Sequence[float]) -> str:
    return " ".join(f"{value:g}" for value in values)
