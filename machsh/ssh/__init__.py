"""ssh to a machine: commands, files, tunnels and host keys, with paramiko and the system's ssh programs."""
