"""`machsh doctor`: checks this computer and machsh's files, and names the command that fixes a problem."""
