"""Machines and their life cycle: record, store, creation, power, certificates, removal, bulk operations."""
