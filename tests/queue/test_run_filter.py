"""The filter of runs: what it finds, what it refuses, and that no text breaks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.queue.overview import RunOverview
from engine.queue.run_filter import FIELDS, LONGEST, matches, parse_filter
from engine.queue.run_row import run_row
from engine.runs.config import RunConfig
from engine.runs.labels import RunLabels
from engine.runs.model_config import ImportedConfig
from engine.runs.variants import variant_objective

MINMAX = RunConfig(seed=2, objective=variant_objective("min-max", 0.03, -0.1, "all"))


def row(config=MINMAX, **labels) -> dict:
    result = {"status": "finished", "clean_accuracy": 0.975}
    return run_row(RunOverview(config.run_id, config, "finished", None, result, None, labels=RunLabels(**labels)))


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "λ = 0.03",
        "lambda=0.03",
        "LAMBDA == .03",
        "μ=0.1 and seed >= 2",
        "mu = 1e-1, seed ≥ 2",
        "seed <= 2 seed < 3 seed > 1 seed != 3",
        "variant = min-max",
        "variant = Min-Max",
        "variant != std",
        "data = mnist-mini",
        'data = "mnist mini"',
        'scope = all scope = "all convolutions"',
        "tag = paper",
        "tag = PAPER tag = best tag != other",
        "clean >= 97 clean = 97.5%",
        "status = finished pinned = yes archived = no shipped = false",
        "name = best note = later id = min-max",
        "BEST",
        '"the best" later min-max mnist',
    ],
)
def test_what_finds_a_run(expression):
    found = row(name="The best of all", note="look later", tags=("paper", "best"), pinned=True)
    assert matches(parse_filter(expression), found)


@pytest.mark.parametrize(
    "expression",
    ["λ = 0.031", "λ != 0.03", "seed > 2", "variant = std", "tag = paper", "tag != best", "worst < 100", "worst != 1"]
    + ["fuzziness >= 0", "pinned = yes", "std", "λ = 0.03 seed = 1", "date = 2026", "name = worst"],
)
def test_what_does_not_find_it(expression):
    assert not matches(parse_filter(expression), row(tags=("best",)))


def test_dates_are_compared_by_their_beginning():
    found = row() | {"date": "2026-11-28T05:00:00+00:00"}
    for expression in (
        "date = 2026-11",
        "date >= 2026-11-28",
        "date < 2026-12",
        "date <= 2026-11-28",
        "date != 2026-10",
    ):
        assert matches(parse_filter(expression), found)
    for expression in ("date > 2026-11-28", "date < 2026-11-28", "date != 2026", "date = 2025"):
        assert not matches(parse_filter(expression), found)


def test_imported_weights_have_no_strengths():
    found = row(ImportedConfig(name="x", weights="0" * 8))
    assert not matches(parse_filter("λ != 3"), found) and matches(parse_filter("variant = custom"), found)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("colour = red", "a field, one of variant"),
        ("λ =", "a value after λ ="),
        ("λ = = 3", "a value after λ ="),
        ("= 3", "the name of a field before ="),
        ("λ < wide", "a number for λ"),
        ("λ = nan", "a number for λ"),
        ("variant < std", "= or != after variant"),
        ("date = yesterday", "a date such as"),
        ("pinned = perhaps", "yes or no after pinned"),
        ('name = "x', "Close the quotation mark"),
        ("x" * (LONGEST + 1), f"at most {LONGEST} characters"),
    ],
)
def test_bad_input_is_named_in_one_sentence(expression, words):
    with pytest.raises(InputError) as caught:
        parse_filter(expression)
    assert words in str(caught.value) and str(caught.value).startswith("Expected ")


@given(
    st.text(max_size=60) | st.lists(st.sampled_from([*FIELDS, "=", "<", '"', "0.03", "yes", "-", ","])).map(" ".join)
)
def test_any_text_is_a_filter_or_is_refused(text):
    found = row()
    try:
        terms = parse_filter(text)
    except InputError:
        return
    assert matches(terms, found) in (True, False)


@given(st.floats(0, 10), st.floats(0, 10), st.sampled_from(["<", "<=", "=", "!=", ">=", ">"]))
def test_numbers_are_compared_as_python_does(left, right, sign):
    expected = {"=": left == right, "!=": left != right}.get(sign)
    if expected is None:
        expected = eval(f"{left!r} {sign} {right!r}")  # of numbers and signs alone
    if left == right or abs(left - right) > 1e-8 * max(left, right):
        assert matches(parse_filter(f"clean {sign} {right!r}"), {"clean": left}) == expected


@given(st.text(st.characters(exclude_characters='"'), min_size=1, max_size=30).filter(lambda text: text.strip()))
def test_quoted_words_are_found_where_they_stand(words):
    assert matches(parse_filter(f'"{words}"'), {"text": f"a{words.casefold()}b"})
