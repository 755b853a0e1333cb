"""Local child processes: terminal ownership, job control, signals, exit codes, parallel children."""
