"""Finds, loads and checks plugins, and publishes the events that they can listen to."""
