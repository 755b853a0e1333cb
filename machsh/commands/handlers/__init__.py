"""The handlers of the commands, one module per topic. They return data, which `machsh.output` prints."""
