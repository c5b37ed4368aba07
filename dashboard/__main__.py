"""Start a worker and serve the dashboard on a local port."""

import argparse
import os
import socket
import sys
from pathlib import Path

from dashboard.settings import DATA, DEVICE, READ_ONLY, ROOT, STORE, read_settings
from engine.errors import InputError
from engine.queue.client import start_worker

LOCAL = ("127.0.0.1", "localhost")


def main() -> int:
    """Serve until stopped; return 2 if the server cannot start."""
    parser = argparse.ArgumentParser(prog="python -m dashboard", description=__doc__)
    parser.add_argument("--port", type=int, default=8501, help="port, 1 to 65535 (default: %(default)s)")
    parser.add_argument(
        "--address", default=LOCAL[0], help="address to listen on (default: %(default)s, this machine only)"
    )
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="allow another address: everyone who can reach it can launch and delete runs",
    )
    parser.add_argument("--host-name", action="append", default=[], help="additional host name to serve; repeatable")
    parser.add_argument(
        "--store", type=Path, default=ROOT / "checkpoints", help="folder of runs (default: %(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, default=ROOT / "data", help="folder of <name>.npz files (default: %(default)s)"
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where runs train (default: %(default)s)"
    )
    parser.add_argument("--read-only", action="store_true", help="disable launching, stopping and deleting of runs")
    args = parser.parse_args()
    try:
        _check(args)
        os.environ[STORE], os.environ[DATA] = str(args.store.resolve()), str(args.data.resolve())
        os.environ[DEVICE], os.environ[READ_ONLY] = args.device, "1" if args.read_only else ""
        here = read_settings()
        here.store.prepare()
        if not args.read_only:
            start_worker(here.worker)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    hosts = [*LOCAL, *args.host_name]
    print(f"Min-Max laboratory: http://{LOCAL[0]}:{args.port}  (Ctrl-C stops the server; runs continue)", flush=True)
    os.chdir(ROOT)
    words = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    words += ["--server.port", str(args.port), "--server.address", args.address]
    words += [word for host in hosts for word in ("--server.allowedHosts", host)]
    os.execv(sys.executable, words)


def _check(args: argparse.Namespace) -> None:
    if not 1 <= args.port <= 65535:
        raise InputError("a port from 1 to 65535", args.port, "Choose another port with --port.")
    if args.address not in LOCAL and not args.allow_remote:
        remedy = "Add --allow-remote if everyone who can reach this address may launch and delete runs."
        raise InputError("a local address", args.address, remedy)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((args.address, args.port))
        except OSError as error:
            remedy = "Choose another port with --port, or stop the process that uses this port."
            raise InputError("a free port", f"{args.address}:{args.port} ({error.strerror})", remedy) from error


if __name__ == "__main__":
    sys.exit(main())
