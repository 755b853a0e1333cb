"""The driver `digitalocean`."""
