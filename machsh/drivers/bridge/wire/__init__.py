"""Go's gob and net/rpc, as docker-machine's driver programs speak them."""
