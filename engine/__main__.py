"""The command line: `python -m engine COMMAND`; every button of the dashboard has its command here."""

import sqlite3
import sys

from engine.command_line import (
    compare,
    curve,
    data,
    evaluate,
    export,
    import_weights,
    launch,
    record,
    reproduce,
    runs,
    sweep,
    transfer,
    worker,
)
from engine.command_line.parser import Parser
from engine.errors import InputError

COMMANDS = (
    launch,
    sweep,
    reproduce,
    worker,
    runs,
    evaluate,
    compare,
    curve,
    transfer,
    import_weights,
    export,
    record,
    data,
)


def main(words: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 something asked for has failed, 2 it could not be asked for."""
    parser = Parser(prog="python -m engine", description="Train, attack and compare LeNets with the Min-Max property.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        command.add_parser(commands)
    args = parser.parse_args(words)
    try:
        return args.run(args)
    except InputError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(
            f"Reading or writing failed: {error.strerror} ({error.filename}). Fix that and try again.", file=sys.stderr
        )
    except sqlite3.OperationalError as error:
        print(f"The queue cannot be used: {error}. Make sure that its disk has room, and try again.", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted; what was launched goes on. See `python -m engine runs`.", file=sys.stderr)
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main())
