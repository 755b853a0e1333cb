"""The shell's history: in memory, on disk, and as suggestions."""
