"""Start a worker and serve the dashboard on a local port."""

import argparse
import os
import sys
from pathlib import Path

from dashboard.server.address import LOOPBACK, Address, check_free, parse_address
from dashboard.settings import DATA, DEVICE, READ_ONLY, ROOT, STORE, Settings, read_settings
from engine.errors import InputError
from engine.queue.client import start_worker
from engine.runs.store import open_store
from engine.terminal import run_in_terminal


def main() -> int:
    """Serve until stopped; return 2 if the server cannot start."""
    args = _parser().parse_args()
    try:
        address = parse_address(args.address, args.port, args.host_name, args.base_path)
        if not address.is_local and not args.allow_remote:
            remedy = "Add --allow-remote if everyone who can reach this address may launch and delete runs."
            raise InputError("a local address", args.address, remedy)
        check_free(address)
        os.environ[STORE], os.environ[DATA] = str(args.store.resolve()), str(args.data.resolve())
        os.environ[DEVICE], os.environ[READ_ONLY] = args.device, "1" if args.read_only else ""
        _prepare(read_settings())
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    _announce(address)
    os.chdir(ROOT)
    # Streamlit loads here: a wrong option is refused at once
    from dashboard.server.serving import serve

    serve(address, args.read_only)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dashboard", description=__doc__)
    parser.add_argument("--port", type=int, default=8501, help="port, 1 to 65535 (default: %(default)s)")
    parser.add_argument(
        "--address",
        default=LOOPBACK,
        help="IPv4 or IPv6 address to listen on (default: %(default)s, this machine only)",
    )
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="allow another address: everyone who can reach it can launch and delete runs",
    )
    parser.add_argument("--host-name", action="append", default=[], help="additional host name to serve; repeatable")
    parser.add_argument("--base-path", default="", help="path prefix behind a proxy, such as /lab (default: none)")
    parser.add_argument(
        "--store", type=Path, default=ROOT / "checkpoints", help="folder of runs (default: %(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, default=ROOT / "data", help="folder of <name>.npz files (default: %(default)s)"
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where runs train (default: %(default)s)"
    )
    parser.add_argument("--read-only", action="store_true", help="show everything and change nothing")
    return parser


def _prepare(here: Settings) -> None:
    """Create the store and start its worker, unless nothing may be changed."""
    if not here.read_only:
        here.store.prepare()
        start_worker(here.worker)
    elif not open_store(here.store.root).root.exists():
        print(f"The folder {here.store.root} does not exist: only the recorded runs are shown.", file=sys.stderr)


def _announce(address: Address) -> None:
    print(f"Min-Max laboratory: {address.url}  (Ctrl-C stops the server; runs continue)", flush=True)
    if address.is_wildcard and not address.host_names:
        print("Other machines also need --host-name, with the name or the address in their browser.", flush=True)


if __name__ == "__main__":
    sys.exit(run_in_terminal(main))
