"""Completion in four steps: grammar position -> kind -> candidates -> rank. All of it reads memory only."""
