"""`reproduce`: train and attack all five variants as in the paper, and compare the results with its tables."""

import argparse
from dataclasses import asdict
from functools import cache
from typing import get_args

from engine.command_line.inspection import name_damaged_reports
from engine.command_line.parser import add_field, add_folders, open_store, print_json
from engine.command_line.study_progress import wait_for_study
from engine.command_line.waiting import place_of, worker_of
from engine.data.sources import fetch_dataset
from engine.errors import InputError
from engine.formatting import MISSING, epsilon_words
from engine.measurements.diagnosis.read import usable_diagnosis
from engine.measurements.evaluation.read import read_reports
from engine.measurements.evaluation.request import EvaluationRequest
from engine.minmax.objective import PLACES, Scope
from engine.paper.claims import JudgedClaim, judge_claims
from engine.paper.evidence import Evidence, Reports, Reproduced, RunIndex, gather
from engine.paper.presets import REPRODUCTIONS
from engine.paper.setting import SETTINGS, Setting
from engine.paper.statement import Statement
from engine.paper.tables import CELLS, FUZZINESS, PRINTED_NAMES, TABLE_OF, TITLES
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
from engine.runs.variants import VARIANTS
from engine.studies.study import submit_study

MOST_SEEDS = 20
WIDTH = 27


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "reproduce", help="reproduce the paper's tables", description=__doc__
    )
    parser.add_argument("name", metavar="TABLE", help=f"one of {', '.join(REPRODUCTIONS)}; table 3 is included in both")
    parser.add_argument(
        "--seeds", type=int, default=3, metavar="INT", help=f"1 to {MOST_SEEDS}, from seed 0 (default %(default)s)"
    )
    add_field(parser, "--samples", EvaluationRequest, "samples")
    chosen = "default: the closest to the paper of the values tried"
    parser.add_argument("--l1", type=float, metavar="FLOAT", help=f"λ ({chosen})")
    parser.add_argument("--mu", type=float, metavar="FLOAT", help=f"μ ({chosen})")
    parser.add_argument("--scope", choices=get_args(Scope), help=f"layers of the penalty ({chosen})")
    parser.add_argument(
        "--recorded",
        action="store_true",
        help="also use the recorded runs of the project; otherwise all are trained here",
    )
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.name not in REPRODUCTIONS:
        raise InputError(f"a table, one of {', '.join(REPRODUCTIONS)}", repr(args.name), "Choose one of these names.")
    if not 1 <= args.seeds <= MOST_SEEDS:
        raise InputError(f"1 to {MOST_SEEDS} seeds", str(args.seeds), "Choose a number within these limits.")
    setting = _setting(args)
    seeds = tuple(range(args.seeds))
    setting.study(seeds, args.samples)  # refused before anything is downloaded
    fetch_dataset(setting.dataset, args.data)
    setting = setting.on_data(args.data)
    study = setting.study(seeds, args.samples)
    store = open_store(args.store, shipped=args.recorded)
    queue = RunQueue(store.root)
    submit_study(store, queue, study, list_runs(store, queue)[0], place_of(args))
    progress = wait_for_study(store, queue, study, worker_of(args, store), quiet=args.json)
    evidence, claims = read_evidence(store, queue, setting, args.samples, seeds)
    name_damaged_reports(store, (run.run_id for seeds in evidence.runs.values() for run in seeds.values()))
    if args.json:
        print_json(_document(evidence, claims) | {"finished": progress.is_finished})
    else:
        _print_tables(evidence)
        _print_claims(claims)
        if not progress.is_finished:
            print(f"{progress.count('finished')} of {len(progress.steps)} runs are done; see `python -m engine runs`.")
    return 0 if progress.is_finished else 1


def _setting(args: argparse.Namespace) -> Setting:
    usual = SETTINGS[REPRODUCTIONS[args.name]]
    l1 = usual.l1_strength if args.l1 is None else args.l1
    mu = usual.mu if args.mu is None else args.mu
    if not (l1 > 0 and mu > 0):
        raise InputError("λ and μ above 0", f"λ = {l1:g}, μ = {mu:g}", "Give, for example, --l1 0.1 --mu 0.1.")
    return usual.at(l1, mu, args.scope or usual.scope)


def read_evidence(
    store: RunStore, queue: RunQueue, setting: Setting, samples: int, seeds: tuple[int, ...]
) -> tuple[Evidence, list[JudgedClaim]]:
    """Evidence in the store for the setting and these seeds, and the claims judged by it."""

    @cache
    def reports_of(run_id: str) -> Reports:
        return read_reports(store, run_id)

    runs = [run for run in list_runs(store, queue)[0] if getattr(run.config, "seed", None) in seeds]
    evidence = gather(setting, RunIndex(runs), reports_of, samples)
    protocol = setting.evaluation(samples).protocol_id
    return evidence, judge_claims(evidence, lambda run_id: usable_diagnosis(store, run_id, protocol))


def _print_tables(evidence: Evidence) -> None:
    setting = evidence.setting
    threat, spec = setting.evaluation(evidence.samples).threat, setting.config("std", 0).dataset_spec
    epsilon = epsilon_words(threat.epsilon, threat.unit, threat.pixel_budget(spec.std))
    print(
        f"{TITLES[TABLE_OF[setting.dataset]]}; our results, with the paper's and the difference in brackets, in percent"
    )
    strengths = f"λ = {setting.l1_strength:g}, μ = {setting.mu:g} on {PLACES[setting.scope]}"
    print(f"{strengths} (ours), {setting.config('std', 0).length};")
    print(f"{epsilon}; the first {evidence.samples} stratified test images; without attack, all test images")
    print(setting.data_words)
    for number in sorted({cell.table for cell in CELLS if cell.dataset == setting.dataset}):
        cells = [cell for cell in evidence.cells if cell.printed.table == number]
        variants = [variant for variant in VARIANTS if any(cell.printed.variant == variant for cell in cells)]
        print("\n" + f"{'':12}" + "".join(f"{VARIANTS[variant]:{WIDTH}}" for variant in variants).rstrip())
        for quantity, name in PRINTED_NAMES.items():
            row = {cell.printed.variant: cell for cell in cells if cell.printed.quantity == quantity}
            if row:
                print(f"{name:12}" + "".join(f"{_words(row[variant]):{WIDTH}}" for variant in variants).rstrip())
        for oddity in dict.fromkeys(cell.printed.oddity for cell in cells if cell.printed.oddity):
            print(f"  † {oddity}")


def _words(cell: Reproduced) -> str:
    """Text of a table cell, such as "92.1 ± 1.0 (83.7, +8.4)"; fuzziness is in nats."""
    scale, digits = (1, 4) if cell.printed.quantity == FUZZINESS else (100, 1)
    mark = "†" if cell.printed.oddity else ""
    printed = f"{scale * cell.printed.value:.{digits}f}{mark}"
    summary, difference = cell.ours.summary, cell.difference
    if summary is None or difference is None:
        return f"{MISSING} ({printed})"
    spread = "" if summary.std is None else f" ± {scale * summary.std:.{digits}f}"
    return f"{scale * summary.mean:.{digits}f}{spread} ({printed}, {scale * difference:+.{digits}f})"


def _print_claims(claims: list[JudgedClaim]) -> None:
    print()
    for claim in claims:
        print(f"Claim {claim.number}: {claim.verdict}. {claim.words}")
        for statement in claim.statements:
            found, scale = statement.difference, 100 if statement.unit == "points" else 1
            effect = ""
            if found is not None:
                seeds = "1 seed" if found.n == 1 else f"{found.n} seeds"
                effect = f": {scale * found.difference:+.4g} {statement.unit}, {seeds}"
                if found.low is not None and found.high is not None:
                    effect += f", 95 % interval {scale * found.low:+.4g} to {scale * found.high:+.4g}"
            print(f"    {statement.verdict}: {statement.words}{effect}{'. ' if statement.note else ''}{statement.note}")
        if claim.note:
            print(f"    {claim.note}")


def _document(evidence: Evidence, claims: list[JudgedClaim]) -> dict:
    setting = evidence.setting
    return {
        "dataset": setting.dataset,
        "data_digest": setting.data_digest,
        "l1": setting.l1_strength,
        "mu": setting.mu,
        "scope": setting.scope,
        "samples": evidence.samples,
        "threat": setting.evaluation(evidence.samples).threat.model_dump(),
        "cells": [
            {
                **asdict(cell.printed),
                "ours": cell.ours.summary and asdict(cell.ours.summary),
                "difference": cell.difference,
                "images": cell.ours.n,
                "by_seed": dict(cell.ours.by_seed),
                "run_ids": list(cell.ours.run_ids.values()),
            }
            for cell in evidence.cells
        ],
        "claims": [
            {
                "number": claim.number,
                "claim": claim.words,
                "verdict": claim.verdict,
                "statements": [_statement(statement) for statement in claim.statements],
                "note": claim.note,
            }
            for claim in claims
        ],
    }


def _statement(statement: Statement) -> dict:
    """JSON object of a statement; accuracies are fractions, as in the cells."""
    return asdict(statement) | {"unit": "fraction" if statement.unit == "points" else statement.unit}
