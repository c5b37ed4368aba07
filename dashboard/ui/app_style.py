"""Style sheet of the whole laboratory, for what Streamlit's theme has no option for."""

PAGE = """
.stMainBlockContainer { padding: 4rem 2rem 3rem; }
[data-testid="stSidebarUserContent"] { padding-top: 0; }
[data-testid="stMultiSelectTagsContainer"] [data-tag] { max-width: 100%; height: auto; }
[data-testid="stSidebar"] .stMultiSelect [role="group"] { max-height: none; }
[data-testid="stMultiSelectTagsContainer"] [data-tag] > span { white-space: normal; padding: 0.15rem 0; }
@media (max-width: 1000px) {
  .st-key-launch > .stHorizontalBlock, .st-key-launch > * > .stHorizontalBlock { flex-direction: column; }
  .st-key-launch > .stHorizontalBlock > .stColumn, .st-key-launch > * > .stHorizontalBlock > .stColumn { width: 100%; }
}
"""

ON_ACCENT = """
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primaryFormSubmit"],
[data-testid="stMultiSelectTagsContainer"] [data-tag] { color: #0e1117; }
"""
"""Streamlit writes in white on the accent, which is light on the dark page."""


def app_style(is_dark: bool) -> str:
    """A <style> element for the light or the dark page."""
    return f"<style>{PAGE}{ON_ACCENT if is_dark else ''}</style>"
