"""One module per family of distributions."""
