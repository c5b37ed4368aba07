"""`evaluate`: attack finished runs. The unit of ε is normalized by default."""

import argparse
from dataclasses import dataclass

from engine.attacks.catalog import ATTACKS, PAPER_ATTACKS, PRESETS, has_cell
from engine.attacks.threat import ThreatModel
from engine.command_line.evaluation_table import print_run
from engine.command_line.inspection import name_damaged_reports
from engine.command_line.own_image import add_own_image, answers_to_own_image, read_own_images
from engine.command_line.parser import add_field, add_folders, open_store, print_json
from engine.command_line.waiting import place_of, wait_for_jobs, worker_of
from engine.data.catalog import DatasetSpec
from engine.data.sources import fetch_dataset
from engine.errors import InputError
from engine.exchange.freeze import freeze_run
from engine.measurements.diagnosis.read import read_diagnosis
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.images import check_test_data_at_hand
from engine.measurements.own_images import OwnImage, save_own_image
from engine.queue.job import Place
from engine.queue.run_queue import RunQueue
from engine.queue.submission import check_finished, submit_measurement
from engine.robustness.report import RobustnessReport
from engine.robustness.statistics import wilson_interval
from engine.runs.config import linf_threat
from engine.runs.run_files import evaluation_path
from engine.runs.store import RunStore
from engine.validation import validated


@dataclass(frozen=True)
class Asked:
    """One requested evaluation of one run, with the id of its job in the queue."""

    run_id: str
    request: EvaluationRequest
    spec: DatasetSpec
    job_id: str


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("evaluate", help="attack runs", description=__doc__)
    parser.add_argument("run_ids", nargs="+", metavar="RUN_ID", help="finished runs")
    parser.add_argument(
        "--attacks",
        nargs="+",
        default=list(PAPER_ATTACKS),
        metavar="NAME",
        help=f"presets ({', '.join(PRESETS)}), or any of {', '.join(ATTACKS)} (default paper)",
    )
    add_field(parser, "--samples", EvaluationRequest, "samples")
    parser.add_argument(
        "--epsilon",
        nargs="+",
        type=float,
        metavar="FLOAT",
        help="one or more perturbation budgets, 0 to 100 (default the paper's for the data set)",
    )
    add_field(parser, "--unit", ThreatModel, "unit")
    add_field(parser, "--seed", EvaluationRequest, "seed")
    add_field(parser, "--kept-images", EvaluationRequest, "kept_images")
    parser.add_argument("--check", action="store_true", help="also check whether the results can be trusted")
    parser.add_argument(
        "--now", action="store_true", help="evaluate the current checkpoint of unfinished runs, copied to new runs"
    )
    parser.add_argument(
        "--other-data",
        action="store_true",
        help="also evaluate runs that were trained on other data than those in --data; the report says so",
    )
    add_own_image(parser)
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    queue = RunQueue(store.root)
    if args.check and args.image:
        raise InputError("--check with test images", "--check with --image", "Remove one of the two options.")
    specs = {run_id: store.config(run_id).dataset_spec for run_id in dict.fromkeys(args.run_ids)}
    for run_id in specs:
        if not args.now or (store.result(run_id) or {}).get("status") == "finished":
            check_finished(store, run_id)
    own = read_own_images(args, list(specs.values()))
    requests = {run_id: build_requests(args, spec, own.get(spec.name)) for run_id, spec in specs.items()}
    for run_id, spec in specs.items():
        if not own:
            fetch_dataset(spec.name, args.data)
        requests[run_id] = [request.on_data(spec.name, args.data) for request in requests[run_id]]
        check_test_data_at_hand(store, run_id, requests[run_id][0], args.data)
    name_damaged_reports(store, specs)
    for image in own.values():
        save_own_image(store, image)
    run_ids = {run_id: freeze_run(store, run_id) if args.now else run_id for run_id in specs}
    place = place_of(args)
    asked = [
        Asked(run_ids[run_id], request, spec, submit_measurement(store, queue, run_ids[run_id], request, place))
        for run_id, spec in specs.items()
        for request in requests[run_id]
    ]
    settings, failed = worker_of(args, store), False
    wait_for_jobs(queue, [one.job_id for one in asked], settings, quiet=args.json)
    if args.check:
        checks = {one.job_id: _check(store, queue, one, place) for one in asked if _is_done(queue, one.job_id)}
        wait_for_jobs(queue, list(checks.values()), settings, quiet=args.json)
        failed |= any(not _is_done(queue, job_id) for job_id in checks.values())
    documents = [_document(store, queue, one) for one in asked]
    if args.json:
        print_json({"runs": documents})
    else:
        for run_id in run_ids.values():
            print_run([document for document in documents if document["run_id"] == run_id])
    return 1 if failed or any(document["status"] != "finished" for document in documents) else 0


def build_requests(args: argparse.Namespace, spec: DatasetSpec, own: OwnImage | None = None) -> list[EvaluationRequest]:
    """One request per epsilon, on test images or on `own`."""
    which = {"image": own.image_id} if own else {"samples": args.samples}
    first, *others = dict.fromkeys(args.epsilon or [None])
    request = validated(
        EvaluationRequest,
        attacks=tuple(args.attacks),
        threat=linf_threat(spec, first, args.unit),
        seed=args.seed,
        kept_images=args.kept_images,
        other_data=args.other_data,
        **which,
    )
    return [request, *request.ladder([epsilon for epsilon in others if epsilon is not None])]


def _check(store: RunStore, queue: RunQueue, one: Asked, place: Place) -> str:
    asked = one.request.model_dump(include=set(DiagnosisRequest.model_fields))
    request = validated(DiagnosisRequest, **asked)
    return submit_measurement(store, queue, one.run_id, request, place)


def _is_done(queue: RunQueue, job_id: str) -> bool:
    job = queue.job(job_id)
    return job is None or job.status == "finished"


def _document(store: RunStore, queue: RunQueue, one: Asked) -> dict:
    job, request = queue.job(one.job_id), one.request
    document = {
        "run_id": one.run_id,
        "status": job.status if job else "finished",
        "error": job.error if job else None,
        "threat": request.threat.model_dump(),
        "pixel_epsilon": request.threat.pixel_budget(one.spec.std),
    }
    if document["status"] != "finished":
        return document
    if request.image is not None:
        return document | answers_to_own_image(store, one.run_id, request, one.spec)
    report = read_report(evaluation_path(store.folder(one.run_id), request.protocol_id))
    if report is None:
        return document
    found = read_diagnosis(store, one.run_id, request.protocol_id)
    diagnosis = found and found.model_dump(mode="json") | {
        "sentence": found.sentence,
        "is_trustworthy": found.is_trustworthy,
    }
    return document | _numbers(report, request) | {"diagnosis": diagnosis}


def _numbers(found: RobustnessReport, request: EvaluationRequest) -> dict:
    results = {result.attack.name: result for result in found.attacks}
    by_attack = {
        name: results[name].robust_accuracy for name in request.attacks if has_cell(results[name].attack, found.threat)
    }
    accuracies = {"none": found.clean_accuracy, **by_attack, "worst case": found.robust_accuracy}
    return {
        "clean_accuracy": found.clean_accuracy,
        "robust_accuracy": found.robust_accuracy,
        "robust_accuracy_by_attack": by_attack,
        "intervals": {name: wilson_interval(round(value * found.n), found.n) for name, value in accuracies.items()},
        "worst_case_of": list(found.robust_accuracy_by_attack),
        "distances": {
            result.attack.name: {
                "found": result.n_found,
                "of": result.n_attackable,
                "median_linf": result.median_linf,
                "median_l2": result.median_l2,
            }
            for result in found.attacks
            if result.attack.minimizes
        },
        "n": found.n,
        "test_data": found.test_data,
        "test_data_is": found.test_data_is or "unknown",
        "n_invalid": found.n_invalid,
        "largest_linf": {result.attack.name: result.largest_linf for result in found.attacks},
        "seconds": sum(result.seconds for result in found.attacks),
    }
