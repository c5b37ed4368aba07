"""Models whose nearest decision boundary is known."""

from tests.closed_forms import digits, grey, lenets, linear  # noqa: F401
