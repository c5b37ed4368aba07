"""Kept results: `functools.lru_cache` with the types of the function."""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def kept(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator that keeps the results for the `most` last arguments; they are hashable, and results do not change.

    Frozen configurations can be hashed, which type checkers do not know.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        return cast(Callable[P, R], lru_cache(maxsize=most)(function))

    return decorate
