"""`evaluate`: attack finished runs; ε is in normalized units unless --unit says pixel."""

import argparse

from engine.command_line.parser import add_field, add_folders, open_store, percent, print_json
from engine.command_line.waiting import wait_for_jobs
from engine.data.sources import fetch_dataset
from engine.robustness.protocol import PAPER_ATTACKS
from engine.robustness.report import RobustnessReport
from engine.robustness.threat import ThreatModel
from engine.runs.config import linf_threat
from engine.runs.evaluation_request import EvaluationRequest
from engine.runs.run_queue import RunQueue
from engine.runs.store import RunStore, evaluation_path, read_json
from engine.runs.submission import submit_evaluation
from engine.runs.worker import WorkerSettings
from engine.validation import validated


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("evaluate", help="attack runs", description=__doc__)
    parser.add_argument("run_ids", nargs="+", metavar="RUN_ID", help="finished runs")
    parser.add_argument(
        "--attacks", nargs="+", default=list(PAPER_ATTACKS), metavar="NAME", help=f"some of {', '.join(PAPER_ATTACKS)}"
    )
    add_field(parser, "--samples", EvaluationRequest, "samples")
    parser.add_argument("--epsilon", type=float, help="size of the ball, 0 to 100 (default the paper's, by data set)")
    add_field(parser, "--unit", ThreatModel, "unit")
    add_field(parser, "--seed", EvaluationRequest, "seed")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    queue = RunQueue(store.root)
    run_ids = list(dict.fromkeys(args.run_ids))
    requests = {run_id: _build_request(args, store, run_id) for run_id in run_ids}
    for run_id in run_ids:
        fetch_dataset(store.config(run_id).dataset, args.data)
    jobs = {run_id: submit_evaluation(store, queue, run_id, request) for run_id, request in requests.items()}
    settings = WorkerSettings(store.root, args.data.resolve(), idle_exit=30.0)
    wait_for_jobs(queue, list(jobs.values()), settings, quiet=args.json)
    documents = [_document(store, queue, run_id, requests[run_id], jobs[run_id]) for run_id in run_ids]
    if args.json:
        print_json({"runs": documents})
    else:
        _print_table(documents)
    return 1 if any(document["status"] != "finished" for document in documents) else 0


def _build_request(args: argparse.Namespace, store: RunStore, run_id: str) -> EvaluationRequest:
    return validated(
        EvaluationRequest,
        attacks=tuple(args.attacks),
        samples=args.samples,
        threat=linf_threat(store.config(run_id).dataset_spec, args.epsilon, args.unit),
        seed=args.seed,
    )


def _document(store: RunStore, queue: RunQueue, run_id: str, request: EvaluationRequest, job_id: str) -> dict:
    job = queue.job(job_id)
    document = {"run_id": run_id, "status": job.status if job else "finished", "error": job.error if job else None}
    report = read_json(evaluation_path(store.folder(run_id), request.protocol_id))
    if document["status"] != "finished" or report is None:
        return document
    found = RobustnessReport.model_validate(report)
    by_attack = found.robust_accuracy_by_attack
    return document | {
        "clean_accuracy": found.clean_accuracy,
        "robust_accuracy": found.robust_accuracy,
        "robust_accuracy_by_attack": {name: by_attack[name] for name in request.attacks},
        "n": found.n,
        "n_invalid": found.n_invalid,
        "threat": found.threat.model_dump(),
        "pixel_epsilon": found.pixel_epsilon,
        "largest_linf": {result.attack.name: result.largest_linf for result in found.attacks},
        "seconds": sum(result.seconds for result in found.attacks),
    }


def _print_table(documents: list[dict]) -> None:
    for document in documents:
        print(f"{document['run_id']}  {document['status']}" + (f"\n  {document['error']}" if document["error"] else ""))
        if "n" in document:
            threat = document["threat"]
            pixels = ", ".join(f"{value:.4f}" for value in document["pixel_epsilon"])
            print(f"  n = {document['n']}, ε = {threat['epsilon']:g} {threat['unit']} ({pixels} in pixels)")
            print(f"  {'no attack':12} {percent(document['clean_accuracy']):>8}")
            for name, accuracy in document["robust_accuracy_by_attack"].items():
                print(f"  {name:12} {percent(accuracy):>8}")
            print(f"  {'worst case':12} {percent(document['robust_accuracy']):>8}")
