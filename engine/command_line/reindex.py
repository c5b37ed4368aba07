"""`reindex`: replace a damaged queue, and make its rows agree with the runs."""

import argparse
from pathlib import Path

from engine.command_line.parser import add_folders, open_store, print_json
from engine.command_line.waiting import place_of
from engine.queue.reindex import Reindexing, plan_reindexing, reindex
from engine.queue.run_queue import RunQueue


def add_parser(commands) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("reindex", help="repair the queue", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    store = open_store(args.store)
    queue = RunQueue(store.root)
    done, aside = (plan_reindexing(store, queue), None) if args.dry_run else reindex(store, queue, place_of(args))
    if args.json:
        print_json(_document(done, aside))
    else:
        print("\n".join(_sentences(done, aside, args.dry_run)))
    return 0


def _document(done: Reindexing, aside: Path | None) -> dict:
    return {
        "damage": done.damage,
        "moved_to": str(aside) if aside else None,
        "restored": list(done.restored),
        "dropped": list(done.dropped),
        "kept": [job.job_id for job in done.kept],
        "lost_measurements": "unknown" if done.damage else 0,
    }


def _sentences(done: Reindexing, aside: Path | None, is_dry: bool) -> list[str]:
    said = "Nothing was changed. This would be done:" if is_dry else "The queue agrees with the runs."
    sentences = [said]
    if done.damage:
        place = f" It is now {aside}." if aside else ""
        sentences.append(f"Damaged file, replaced by a new one: {done.damage}{place}")
        sentences.append(f"Rows read from the damaged file and kept: {len(done.kept)}")
        sentences.append(
            f"Open measurements: {done.open_measurements} kept. How many others are lost is unknown, since the "
            "file does not show them. Start them again."
        )
    else:
        sentences.append("Open measurements lost: 0")
    sentences += [f"Interrupted training with a checkpoint, queued again: {run_id}" for run_id in done.restored]
    return sentences + [f"Row without a run, dropped: {job_id}" for job_id in done.dropped]
