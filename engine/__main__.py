"""The command line, `python -m engine COMMAND`, with a command for every button of the dashboard."""

import sys

from engine.command_line import (
    clean,
    compare,
    curve,
    data,
    evaluate,
    export,
    import_weights,
    label,
    launch,
    record,
    reindex,
    reproduce,
    runs,
    sweep,
    transfer,
    worker,
)
from engine.command_line.parser import Parser
from engine.errors import InputError, disk_words
from engine.queue.worker_state import WorkerFailed
from engine.terminal import control_characters_escaped, run_in_terminal

COMMANDS = (
    launch,
    sweep,
    reproduce,
    worker,
    runs,
    label,
    evaluate,
    compare,
    curve,
    transfer,
    import_weights,
    export,
    record,
    data,
    clean,
    reindex,
)


def main(words: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 success, 1 a job failed, 2 invalid input, 130 interrupted, 141 the reader of the output has left.
    """
    return run_in_terminal(lambda: _run(words))


@control_characters_escaped()
def _run(words: list[str] | None) -> int:
    parser = Parser(prog="python -m engine", description="Train, attack and compare LeNets with the Min-Max property.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        command.add_parser(commands)
    args = parser.parse_args(words)
    try:
        return args.run(args)
    except WorkerFailed as error:
        print(error, file=sys.stderr)
        return 1
    except InputError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:
        raise
    except OSError as error:
        remedy = "Check the disk and the file's permissions, then try again."
        print(f"Reading or writing failed: {disk_words(error)}. {remedy}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted. Launched runs continue; see `python -m engine runs`.", file=sys.stderr)
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main())
