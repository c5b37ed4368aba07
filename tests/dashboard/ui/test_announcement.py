"""The live region: what a page hands to the browser. `test_frontend_in_browser.py` reads what it says."""

from dashboard.ui import announcement


def test_lines_are_bounded_and_stay_lines(monkeypatch):
    data: dict = {}
    monkeypatch.setattr(announcement, "_mount", lambda **arguments: data.update(arguments["data"]))
    announcement.announce([f"run {number}\nwith a break" for number in range(announcement.MOST_LINES + 5)])
    assert len(data["lines"]) == announcement.MOST_LINES and not any("\n" in line for line in data["lines"])
