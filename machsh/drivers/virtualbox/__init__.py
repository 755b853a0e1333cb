"""Machines in VirtualBox, as docker-machine made them, and with modern guests."""
