"""Drivers create, start, stop and remove hosts; `machsh.provision` installs the engine on them."""
