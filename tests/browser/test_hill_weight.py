"""The weight on the penalty's hill: its path is that of the engine, and it moves by pointer and by keyboard."""

import json

import numpy as np
import pytest

from dashboard.figures.theory import penalty_figure
from dashboard.frames.theory import penalty_frame
from dashboard.ui.frontend_files import joined
from dashboard.ui.standalone_html import Chart, standalone_html
from engine.minmax.flow import adam_paths, flow_paths, time_to_zero

pytestmark = pytest.mark.slow
STRENGTHS = [(0.1, -0.1), (0.05, 0.0), (0.0, -0.3), (10.0, -0.001), (0.2, -10.0)]


def called(page, call: str):
    return page.evaluate(f"(() => {{ {joined('weight_path.js')}; return {call}; }})()")


@pytest.mark.parametrize(("l1", "l2"), STRENGTHS)
def test_paths_are_those_of_the_engine(page, l1, l2):
    starts, times = np.array([0.02, 0.2, 0.5, 0.9]), np.linspace(0.0, 3.0, 31)
    words = f"{json.dumps(times.tolist())}, {l1}, {l2}"
    flow = called(page, f"{starts.tolist()}.map((start) => flowPath(start, {words}))")
    np.testing.assert_allclose(np.array(flow, float).T, flow_paths(starts, times, l1, l2), rtol=1e-12, atol=1e-14)
    adam = called(page, f"{starts.tolist()}.map((start) => adamPath(start, 300, 0.002, {l1}, {l2}))")
    np.testing.assert_allclose(
        np.array(adam, float).T, np.abs(adam_paths(starts, 300, 0.002, l1, l2)), rtol=1e-8, atol=1e-10
    )


def test_a_fall_ends_at_zero_or_at_the_end_of_the_axis(page):
    hill = '{"l1": 0.1, "l2": -0.1, "farthest": 1.3, "learningRate": 0.0013}'
    assert called(page, "flowTime(0.2, 1.3, 0.1, -0.1)") == pytest.approx(time_to_zero(np.array(0.2), 0.1, -0.1))
    ends = called(page, f"[0.2, 0.8].flatMap((w) => [false, true].map((adam) => fall(w, adam, {hill}).sizes.at(-1)))")
    assert ends[:2] == pytest.approx([0.0, 0.0], abs=0.0013)
    assert ends[2:] == pytest.approx([1.3, 1.3], abs=0.002)
    assert called(page, f"fall(0.5, false, {hill})") == {"sizes": [0.5], "words": "it does not move"}


def test_a_weight_is_dragged_and_let_go(page, tmp_path):
    figure = penalty_figure(penalty_frame(0.1, -0.1, 1.3), "Penalty", 0.5, 0.2, (0.1, -0.1))
    (tmp_path / "page.html").write_text(standalone_html("Penalty", "", [Chart(figure, "Penalty", 480)]), "utf-8")
    page.emulate_media(reduced_motion="reduce")
    page.goto((tmp_path / "page.html").as_uri())
    weight, result = page.get_by_role("slider", name="Weight, |w|"), page.get_by_role("status")
    assert weight.get_attribute("aria-valuetext") == "0.200"
    weight.focus()
    page.keyboard.press("Enter")
    assert "From |w| = 0.200, it reaches 0 at time 2.55" in result.inner_text()
    assert float(weight.get_attribute("aria-valuenow")) == pytest.approx(0.0, abs=1e-12)
    assert len(page.locator(".lab-hill polyline").get_attribute("points").split()) == 201

    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("PageDown")
    assert weight.get_attribute("aria-valuetext") == "0.910"
    box, plot = weight.bounding_box(), page.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 12, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 0.6 / 1.3, box["y"] - 40, steps=4)
    assert float(weight.get_attribute("aria-valuenow")) == pytest.approx(0.6, abs=0.01)
    page.mouse.up()
    assert "moves outward beyond this chart" in result.inner_text()
    assert float(weight.get_attribute("aria-valuenow")) == pytest.approx(1.3)
