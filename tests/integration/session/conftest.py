from tests.support.sessions import home, open_one, session  # noqa: F401
