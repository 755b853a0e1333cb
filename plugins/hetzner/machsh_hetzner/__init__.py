"""The machsh driver `hetzner`: hosts on Hetzner Cloud."""
