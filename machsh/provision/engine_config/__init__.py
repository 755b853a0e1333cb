"""The engine's configuration on a host: `daemon.json`, flags, options files and systemd units."""
