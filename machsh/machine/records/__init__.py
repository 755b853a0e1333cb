"""Machines as they are stored: records, the store, and what older stores had."""
