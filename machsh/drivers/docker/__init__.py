"""Driver `docker`: a whole host - systemd, sshd, an engine and an address of its own - in a container."""
