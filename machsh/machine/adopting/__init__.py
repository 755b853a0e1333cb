"""Makes a running engine a machine: looks at it, keeps how it is reached, and changes nothing on it."""
