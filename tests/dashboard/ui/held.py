"""What a reader does with the player in the browser, as the server sees it."""

from streamlit.testing.v1 import AppTest


def hold(app: AppTest, epoch: float) -> AppTest:
    """The page after the player was left at an epoch."""
    app.session_state["mode"], app.session_state["moment"] = "hold", epoch
    return app.run()


def follow(app: AppTest) -> AppTest:
    """The page after a click on Follow."""
    app.session_state["mode"] = "follow"
    return app.run()
