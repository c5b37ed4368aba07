"""The error that users read."""

import pickle

import pytest

from engine.errors import InputError

EXPECTED = InputError("a whole number", "'x'", "Give one, for example 3.")
PLAIN = InputError.plain("A worker is already running (process 7). Stop it first.")


def test_it_says_what_was_expected_what_came_and_what_to_do():
    assert str(EXPECTED) == "Expected a whole number, got 'x'. Give one, for example 3."


def test_plain_words_stay_as_they_are():
    assert type(PLAIN) is InputError and str(PLAIN) == "A worker is already running (process 7). Stop it first."


@pytest.mark.parametrize("error", [EXPECTED, PLAIN], ids=["expected", "plain"])
def test_it_travels_between_processes(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is InputError and str(again) == str(error)
