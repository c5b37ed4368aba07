"""`python -m tests.benchmarks.pages`: what the dashboard's server takes with many runs, many tabs and long runs.

A real server, and WebSocket clients that ask for reruns as browsers do; processor time and memory are those of the
server alone, so that other work on the machine hardly changes them. The store is one small run that was trained and
attacked, and hard links to it under other seeds; the long run is recorded without training.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dashboard.frames.labels import LAYERS
from dashboard.navigation import PAGES
from dashboard.ui.layer_pictures import VIEWS
from tests.benchmarks.large_store import GrowingRun, config, make_first, multiply
from tests.benchmarks.tabs import Server, Tab, dashboard, together

PARTS = ("reruns", "ticks")


def queries() -> list[tuple[str, str, dict]]:
    """Title, page and query: every page, and every view of Weights for eight runs and both layers."""
    shown = {"runs": [config(seed).run_id for seed in range(8)], "layers": list(LAYERS.values())}
    pages = [(name, name, {}) for name in PAGES]
    return pages + [(f"weights, 8 runs: {view}", "weights", shown | {"view": view}) for view in VIEWS]


def measure_reruns(server: Server, runs: int, sessions: int, again: int, wanted: Sequence[str]) -> None:
    """One line per page: processor seconds of the first run in a tab, and of each rerun, over all tabs."""
    for title, page, query in queries():
        if wanted and page not in wanted:
            continue
        started = server.seconds
        with server.tabs(sessions, page, query) as tabs:
            first = (server.seconds - started) / sessions
            taken = []
            for _ in range(again):
                started = server.seconds
                together(tabs, Tab.rerun)
                taken.append((server.seconds - started) / sessions)
            taken.sort()
            print(
                f"{runs:6,} runs {sessions} tabs {title:36} first {first:6.3f} s, again median"
                f" {taken[len(taken) // 2]:6.3f} s, at most {taken[-1]:6.3f} s; {server.megabytes:5.0f} MB",
                flush=True,
            )


def measure_ticks(snapshots: int, sessions: int, ticks: int) -> dict[str, float]:
    """Page -> processor seconds per tick of a page that follows a run with so many snapshots; one line each."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        run = GrowingRun(root, snapshots)
        query = {"runs": [run.run_id], "layers": list(LAYERS.values())}
        watched = [(f"weights: {view}", "weights", query | {"view": view}) for view in VIEWS]
        with dashboard(root) as server:
            for title, page, query in [*watched, ("launch", "launch", {})]:
                with server.tabs(sessions, page, query) as tabs:
                    run.grow()
                    size = sum(together(tabs, Tab.tick)) / sessions
                    started = server.seconds
                    for _ in range(ticks):
                        run.grow()
                        together(tabs, Tab.tick)
                    found[title] = (server.seconds - started) / ticks / sessions
                    print(
                        f"{snapshots:6,} snapshots {sessions} tabs {title:28} a tick {found[title]:6.3f} s,"
                        f" {size / 1000:7.0f} kB sent; after {ticks} ticks {server.megabytes:5.0f} MB",
                        flush=True,
                    )
        run.close()
    return found


def compare_ticks(args: argparse.Namespace) -> None:
    """Cost of a tick of the longest run divided by that of the shortest."""
    for sessions in args.sessions:
        found = [measure_ticks(snapshots, sessions, args.ticks) for snapshots in args.snapshots]
        for title, seconds in found[-1].items():
            ratio = seconds / found[0][title]
            print(f"{title:28} {args.snapshots[-1]:,} ÷ {args.snapshots[0]:,} snapshots: {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pages", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--runs", nargs="+", type=int, default=[500, 2000], help="runs in the store, ascending")
    parser.add_argument("--sessions", nargs="+", type=int, default=[1, 5], help="tabs at the same time")
    parser.add_argument("--snapshots", nargs="+", type=int, default=[200, 20_000], help="of the run that is watched")
    parser.add_argument("--again", type=int, default=7, help="reruns of each page")
    parser.add_argument("--ticks", type=int, default=15)
    parser.add_argument("--pages", nargs="*", choices=list(PAGES), default=[], help="only these")
    args = parser.parse_args()
    if "ticks" in args.parts:
        compare_ticks(args)
    if "reruns" in args.parts:
        with tempfile.TemporaryDirectory() as name:
            root, made = Path(name), 1
            make_first(root)
            for runs in args.runs:
                multiply(root, made, runs)
                made = runs
                for sessions in args.sessions:
                    with dashboard(root) as server:
                        measure_reruns(server, runs, sessions, args.again, args.pages)
                        print(
                            f"torch {'' if server.has_torch else 'not '}imported, {server.megabytes:.0f} MB", flush=True
                        )


if __name__ == "__main__":
    sys.exit(main())
