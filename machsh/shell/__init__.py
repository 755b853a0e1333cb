"""The interactive shell: the prompt, what it completes, what it remembers. Nothing else imports prompt_toolkit."""
