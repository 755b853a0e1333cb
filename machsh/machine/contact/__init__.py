"""How a machine is dialled, checked and waited for."""
