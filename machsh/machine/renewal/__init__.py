"""Certificates over time: what there is, what each engine shows, and making them anew."""
