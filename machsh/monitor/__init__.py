"""All machines on one screen, live: what they do, and what their containers do (`monitor`)."""
