"""Images of an engine through its API: listing, saving as a tar, and loading only some layers."""
