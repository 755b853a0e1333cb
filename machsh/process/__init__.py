"""Child processes of this computer: the terminal lent to them, signals, exit codes, many at once."""
