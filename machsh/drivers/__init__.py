"""Drivers: they make hosts and move them; the engine on a host is `machsh.provision`'s."""
