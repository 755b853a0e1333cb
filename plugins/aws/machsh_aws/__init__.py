"""Docker hosts on Amazon EC2."""
