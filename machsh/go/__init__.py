"""Go's formats and error texts, which docker-machine's users know. Pure: it knows nothing of machines."""
