"""Paths in the repository."""

from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CASE_FILES = TOP / "tests" / "cases"
