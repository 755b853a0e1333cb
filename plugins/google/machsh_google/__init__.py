"""The machsh driver `google`: hosts on Google Compute Engine."""
