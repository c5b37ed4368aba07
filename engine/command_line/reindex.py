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
    sentences = [_outcome(done, aside), f"Trainings queued again from their checkpoints: {len(done.restored)}"]
    if is_dry:
        sentences.insert(0, "Nothing was changed. This would be done:")
    if done.damage:
        sentences.append(f"Rows kept from the damaged file: {len(done.kept)}")
        sentences.append(
            f"Open measurements: {done.open_measurements} kept. How many others are lost is unknown, since the "
            "file does not show them. Start them again."
        )
    else:
        sentences.append("Open measurements lost: 0")
    sentences += [f"Interrupted training with a checkpoint, queued again: {run_id}" for run_id in done.restored]
    return sentences + [f"Row without a run, dropped: {job_id}" for job_id in done.dropped]


def _outcome(done: Reindexing, aside: Path | None) -> str:
    """What becomes of the file; `aside` is None if nothing was changed, or the file is kept."""
    if done.damage is None:
        return "queue.sqlite can be read, and is kept."
    if aside is None:
        return f"queue.sqlite is damaged ({done.damage}). It is renamed and kept, and a new queue is written."
    moved = f"The damaged file is now {aside}, and a new queue was written."
    return f"queue.sqlite was damaged ({done.damage}). {moved}"
