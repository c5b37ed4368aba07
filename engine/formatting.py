"""Numbers in the words that people read."""


def duration(seconds: float) -> str:
    """About how long, such as "45 s", "3 min" or "1.5 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
