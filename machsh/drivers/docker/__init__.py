"""Driver `docker`: a whole host in a container, with its own systemd, sshd, engine and address."""
