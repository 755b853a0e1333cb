"""The names of an engine's containers, images and other objects, kept up to date by its events."""
