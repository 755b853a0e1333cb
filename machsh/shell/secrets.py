"""What of a typed line history may keep."""

from machsh.secrets import memorable

__all__ = ["memorable"]
