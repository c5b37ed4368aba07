"""The Theory page in Streamlit's test runner: each control and the texts that it changes."""

import pytest

from dashboard import sources


@pytest.fixture
def page(open_page, tmp_path):
    return open_page("theory", tmp_path / "store")


def texts(app) -> str:
    return " ".join(str(element.value) for kind in ("caption", "markdown") for element in app.get(kind)).replace(
        "\\", ""
    )


def statements(app):
    return app.dataframe[-1].value.set_index("Statement")


def change(app, kind: str, key: str, value):
    getattr(app, kind)(key=key).set_value(value).run()
    assert not app.exception and not app.error
    return app


def press(app, place: int, value: str):
    app.get("button_group")[place].set_value(value).run()
    assert not app.exception and not app.error
    return app


def test_the_page_opens_with_everything_on_it(page):
    assert not page.exception
    assert [title.value for title in page.title] == ["How the penalty moves weights"]
    assert len(page.dataframe) == 2
    said = texts(page)
    assert "At p₁ = 0.05 the inequality holds, as the corrected condition predicts." in said
    assert "λ/(2μ) = 0.5" in said and "W is 10 × 25" in said
    assert [button.label for button in page.get("download_button")][-1] == "Download page as HTML"


@pytest.mark.parametrize(
    ("kind", "key", "value", "word"),
    [
        ("select_slider", "theory-l1", 0.0, "With λ = 0, every weight is pushed outward"),
        ("select_slider", "theory-l1", 10.0, "λ/(2μ) = 50"),
        ("select_slider", "theory-mu", 0.0, "With μ = 0, every weight is pulled to 0"),
        ("select_slider", "theory-mu", 10.0, "λ/(2μ) = 0.005"),
        ("select_slider", "theory-steps", 100.0, "After 100 steps, 1 of 9"),
        ("select_slider", "theory-steps", 10_000.0, "After 10,000 steps,"),
        ("select_slider", "theory-rate", 0.1, "where training stops as diverged"),
        ("slider", "theory-m", 2, "W is 2 × 25"),
        ("slider", "theory-m", 20, "W is 20 × 25"),
        ("slider", "theory-n", 1, "Diamonds: exact"),
        ("slider", "theory-n", 60, "W is 10 × 60"),
        ("select_slider", "theory-scale", 10.0, "U(0, 10)"),
        ("select_slider", "theory-scale", 0.01, "U(0, 0.01)"),
        ("select_slider", "theory-draws", 500, "from 500 independent W"),
        ("number_input", "theory-seed", 7, "seed 7"),
        ("select_slider", "theory-p1", 0.5, "At p₁ = 0.5 the inequality fails, as the corrected condition predicts."),
    ],
)
def test_every_control_changes_what_is_said(page, kind, key, value, word):
    if "diverged" in word:
        change(page, "select_slider", "theory-steps", 10_000.0)
    assert word not in texts(page)
    assert word in texts(change(page, kind, key, value))


def test_without_any_penalty_nothing_moves(page):
    change(page, "select_slider", "theory-l1", 0.0)
    said = texts(change(page, "select_slider", "theory-mu", 0.0))
    assert "there is no penalty" in said and "does not move" in said


def test_gradient_flow_takes_its_own_time(page):
    assert "comes within one learning rate of 0 at step 181" in texts(page)
    assert "reaches 0 at step 2,555" in texts(press(page, 0, "flow"))


def test_inputs_all_the_same(page):
    assert "entries of x 1 each" in texts(press(page, 1, "ones"))


def test_the_table_judges_each_statement(page):
    table = statements(page)
    assert table.loc["|E g|, printed proof: σ independent of W", "b ≤ a"] == "trivial: 0 ≤ 0"
    assert table.loc["|E g|, simulated", "b ≤ a"] == table.loc["|E g|, first order in x", "b ≤ a"] == "holds"
    assert table.loc["|E g|, simulated", "Model a"] == pytest.approx(0.034, abs=0.002)
    table = statements(change(page, "select_slider", "theory-p1", 0.5))
    assert table.loc["|E g|, simulated", "b ≤ a"] == table.loc["|E g|, first order in x", "b ≤ a"] == "fails"
    assert table.loc["|E g|, simulated", "Model b"] == pytest.approx(0.088, abs=0.004)


def test_where_the_condition_is_wrong_that_is_said(page):
    """With one large input and two classes, the inequality holds up to 1/6 instead of 1/12."""
    change(page, "slider", "theory-m", 2)
    change(page, "slider", "theory-n", 1)
    change(page, "select_slider", "theory-scale", 10.0)
    press(page, 1, "ones")
    for p1, holds, knows in ((0.05, True, True), (0.12, True, False), (0.4, False, True)):
        change(page, "select_slider", "theory-p1", p1)
        assert statements(page).loc["|E g|, exact", "b ≤ a"] == ("holds" if holds else "fails")
        said = texts(page)
        assert (f"At p₁ = {p1:g} the inequality {'holds' if holds else 'fails'}, as the corrected" in said) == knows
        assert ("which the corrected condition does not predict" in said) != knows


def test_exact_values_stand_beside_the_simulated(page):
    change(page, "slider", "theory-m", 2)
    table = statements(change(page, "slider", "theory-n", 2))
    for quantity in ("|E g|", "E|g|"):
        for model in ("a", "b"):
            exact, simulated = (table.loc[f"{quantity}, {kind}", f"Model {model}"] for kind in ("exact", "simulated"))
            assert abs(exact - simulated) < 2 * table.loc[f"{quantity}, simulated", f"± {model}"]
    assert table.loc["E|g|, exact", "Model a"] == pytest.approx(1 / 6)


def test_the_same_arguments_are_simulated_once(page, monkeypatch):

    def refuse(*arguments):
        raise AssertionError("simulated again")

    monkeypatch.setattr(sources, "simulate", refuse)
    change(page, "select_slider", "theory-p1", 0.1)


def test_an_address_opens_it_as_it_was(open_page, tmp_path):
    app = open_page("theory", tmp_path / "store", **{"theory-m": "4"})
    assert not app.exception
    assert app.slider(key="theory-m").value == 4 and "W is 4 × 25" in texts(app)
