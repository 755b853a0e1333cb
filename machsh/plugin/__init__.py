"""Plugins: finding them, their health, and the events they can listen to."""
