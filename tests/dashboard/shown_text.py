"""Text as readers of a page see it."""

from dashboard.ui.plain_text import JOINER


def shown(text: str) -> str:
    """What Markdown shows of text that was made plain."""
    return text.replace("\\", "").replace(JOINER, "")
