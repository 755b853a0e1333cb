"""A machine and its life: record, store, creation, start and stop, many at once."""
