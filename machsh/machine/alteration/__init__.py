"""Changes of machines after their creation: another name, other settings, and letting a host go."""
