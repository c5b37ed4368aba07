"""The progress bar of long calls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

FORMAT = "{l_bar}{bar}| {elapsed} < {remaining} {postfix}"


@contextmanager
def progress_bar(title: str, shown: bool) -> Iterator[Callable[[float, str], None]]:
    """Context with a progress bar on standard error; its value is a function of the fraction done and a message."""
    with tqdm(total=1.0, desc=title, disable=not shown, bar_format=FORMAT) as bar:

        def show(fraction: float, message: str) -> None:
            bar.set_postfix_str(message, refresh=False)
            bar.update(fraction - bar.n)

        yield show
