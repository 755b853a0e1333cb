"""Driver programs written for docker-machine: Go's gob and net/rpc, and the driver that speaks them."""
