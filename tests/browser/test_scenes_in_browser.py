"""The scenes of the Start page in a browser: what they show, by keyboard, at rest, on a phone, and saved."""

import json
from pathlib import Path

import pytest

from dashboard.start import scenes
from engine.runs.store import RunStore
from tests.browser.serving import laboratory as serve_laboratory

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2] / "checkpoints" / "shipped"
PAIR = ("mnist-std-55675b1d8a", "mnist-min-max-5796910f98")
OVERFLOW = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    with serve_laboratory(tmp_path_factory.mktemp("told")) as address:
        yield address


@pytest.fixture(scope="module")
def told() -> dict[str, dict]:
    found = scenes._scenes(ROOT, PAIR, scenes._stamp(RunStore(ROOT), PAIR))
    return {scene.kind: scene.data for scene in found}


def visit(page, address: str, width: int = 1400) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    page.locator(".lab-limits tbody tr").first.wait_for()


def shows(page, told) -> None:
    """Every scene shows the numbers that were computed from the files."""
    for data in told.values():
        page.get_by_role("heading", name=data["title"], exact=True).wait_for()
    verdicts = page.locator(".lab-attack figure:last-child .lab-verdict strong").all_inner_texts()
    assert verdicts == [one["says"] for one in told["attack"]["pictures"][2]["verdicts"]]
    numbers = page.locator(".lab-training .lab-numbers").all_inner_texts()
    for text, network in zip(numbers, told["training"]["networks"], strict=True):
        assert text == f"Fuzziness {network['fuzziness'][-1]} nats · {network['nearZero'][-1]} of 150 near zero"
    large = page.locator(".lab-collapse .lab-large").all_inner_texts()
    assert [int(text) for text in large] == [one["nearZero"][-1] for one in told["training"]["networks"][::-1]]
    accuracies = page.locator(".lab-strength .lab-large").all_inner_texts()
    start = told["strength"]["start"]
    assert accuracies == [one["accuracies"][start] for one in told["strength"]["networks"]]
    rows = page.locator(".lab-limits tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [
        [*row["name"].split(), *" ".join(row["words"]).split()] for row in told["limits"]["worst"]["rows"]
    ]


def test_the_first_screen_has_the_button_and_nothing_waits_for_plotly(laboratory, page, told):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, laboratory)
    shows(page, told)
    button = page.get_by_role("button", name="Train Std and Min-Max").bounding_box()
    assert button["y"] + button["height"] < 900
    first = page.locator(".lab-attack").bounding_box()
    assert first["y"] + first["height"] < 900
    assert not [url for url in asked if "plotly" in url]


def test_scenes_work_with_the_keyboard_and_without_the_server(laboratory, page, told):
    visit(page, laboratory)
    page.context.set_offline(True)
    slider = page.locator(".lab-strength").get_by_role("slider", name="ε")
    slider.press("End")
    assert slider.get_attribute("aria-valuetext").startswith("1 (")
    ends = [one["accuracies"][-1] for one in told["strength"]["networks"]]
    assert page.locator(".lab-strength .lab-large").all_inner_texts() == ends
    page.get_by_role("button", name="2", exact=True).press("Enter")
    place = told["strength"]["digits"].index("2")
    answers = [one["answers"][place][-1] for one in told["strength"]["networks"]]
    assert page.locator(".lab-strength .lab-verdict strong").all_inner_texts() == [one["says"] for one in answers]
    images = page.locator(".lab-strength img").evaluate_all("images => images.map((image) => image.src)")
    assert images == [one["image"] for one in answers]
    threshold = page.get_by_role("slider", name="Near zero is |w| below")
    threshold.press("Home")
    assert threshold.get_attribute("aria-valuetext") == "0.001"
    page.locator(".lab-limits").get_by_role("slider", name="ε").press("End")
    page.get_by_text("ε is beyond the threshold").wait_for()
    player = page.locator(".lab-training").get_by_role("slider", name="Epoch")
    player.press("Home")
    near = told["training"]["networks"][1]["nearZero"]
    page.locator(".lab-training .lab-numbers", has_text=f"{near[0]} of 150").first.wait_for()
    player.press("ArrowRight")
    page.locator(".lab-training .lab-numbers").last.get_by_text(f"{near[1]} of 150").wait_for()
    page.context.set_offline(False)


def test_the_changed_image_flickers_on_request(laboratory, page, told):
    visit(page, laboratory)
    clean, _, changed = told["attack"]["pictures"]
    image = page.locator(".lab-attack figure:last-child img")
    assert image.get_attribute("src") == changed["image"]
    button = page.get_by_role("button", name="Flicker")
    button.press("Enter")
    for expected in (clean, changed):
        page.wait_for_function(
            "src => document.querySelector('.lab-attack figure:last-child img').src === src", arg=expected["image"]
        )
    assert button.get_attribute("aria-pressed") == "true"
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "false" and image.get_attribute("src") == changed["image"]


def test_the_training_plays_by_itself_unless_motion_is_unwanted(laboratory, page, told):
    last = told["training"]["epochs"][-1]
    visit(page, laboratory)
    training = page.locator(".lab-training")
    training.scroll_into_view_if_needed()
    assert training.get_by_role("button", name="Play", exact=True).is_visible()
    assert training.locator("output").inner_text() == last
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    page.locator(".lab-limits tbody tr").first.wait_for()
    training.scroll_into_view_if_needed()
    training.get_by_role("button", name="Pause").wait_for()


@pytest.mark.parametrize("width", [768, 390])
def test_scenes_fit_a_narrow_window(laboratory, page, told, width):
    visit(page, laboratory, width)
    shows(page, told)
    assert not page.evaluate(OVERFLOW)
    outside = "nodes => nodes.filter((node) => node.getBoundingClientRect().right > innerWidth + 1).length"
    assert page.locator(".lab-scene *").evaluate_all(outside) == 0


def test_the_saved_page_tells_the_same_offline(laboratory, page, told, tmp_path):
    visit(page, laboratory)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download page as HTML").click()
    saved.value.save_as(tmp_path / "start.html")
    assert (tmp_path / "start.html").stat().st_size < 1_000_000, "without Plotly"
    page.context.set_offline(True)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => (window.refused ??= []).push(event.violatedDirective))"
    )
    page.goto(f"file://{tmp_path}/start.html")
    shows(page, told)
    page.locator(".lab-strength").get_by_role("slider", name="ε").press("End")
    ends = [one["accuracies"][-1] for one in told["strength"]["networks"]]
    assert page.locator(".lab-strength .lab-large").all_inner_texts() == ends
    assert page.evaluate("window.refused ?? []") == []
    assert json.loads(page.locator("[data-kind=scene] script").first.text_content())["kind"] == "attack"


@pytest.mark.parametrize(("kind", "page_name"), [(kind, name) for kind, (name, _) in scenes.LINKS.items()])
def test_every_scene_leads_on(laboratory, page, kind, page_name):
    visit(page, laboratory)
    page.get_by_role("link", name=scenes.LINKS[kind][1]).click()
    page.wait_for_url(f"**/{page_name}?**")
