"""What the commands do: one module for each topic. They return data, and `machsh.output` prints it."""
