"""How other programs reach machines: by a kept relay, docker contexts, and ssh's configuration."""
