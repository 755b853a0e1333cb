"""`machsh doctor`: what this computer has, what is wrong or missing, and the command that mends it."""
