"""Questions to the engines of many machines at once: events, logs, and what fills their disks."""
