"""Adopts a running engine as a machine: examines it and stores how to reach it, without changing it."""
