"""Creating a machine, and going on with a creation that ended early."""
