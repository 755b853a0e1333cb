"""What holds for every test."""

import signal

# A runner in the background is started with Ctrl-C ignored, and its children inherit that: the tests that press
# Ctrl-C mean a terminal's.
signal.signal(signal.SIGINT, signal.default_int_handler)
