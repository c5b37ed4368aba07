"""Guide and glossary: every page has a line, and every term an explanation."""

import numpy as np
import pytest

from dashboard.glossary import TERMS, explained
from dashboard.guide import GUIDES
from dashboard.navigation import HOME, PAGES
from engine.minmax.fuzziness import NEAR_ZERO_THRESHOLD, fuzziness


def test_every_page_but_start_has_a_guide_whose_terms_and_links_exist():
    assert set(GUIDES) == set(PAGES) - {HOME}
    for name, guide in GUIDES.items():
        assert guide.terms and set(guide.terms) <= set(TERMS)
        assert set(guide.links) <= set(PAGES) - {name}, "a page does not lead to itself"


def test_terms_say_the_numbers_of_the_engine():
    assert f"{NEAR_ZERO_THRESHOLD:g}" in TERMS["Near zero"]
    assert f"{float(fuzziness(np.ones(3))):.3f}" in TERMS["Fuzziness"]
    assert f"{0.3 * 0.3081:.4f}" in TERMS["ε, normalized"], "the standard deviation of MNIST"


@pytest.mark.parametrize("page", list(GUIDES))
def test_the_guide_is_on_its_page(open_page, tmp_path, page):
    app = open_page(page, tmp_path / "store")
    assert not app.exception
    line = next(line for line in app.markdown if line.value.startswith(GUIDES[page].shows))
    assert line.proto.help == explained(GUIDES[page].terms)
