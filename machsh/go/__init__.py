"""Go's formats and error texts, as docker-machine's users know them. Independent of machsh's machines."""
