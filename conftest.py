"""Options of the tests, those of plugins included."""


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="try every case of the tests that take some of them each time"
    )
