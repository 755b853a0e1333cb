"""The interactive shell: the prompt, what it completes, what it remembers. The home of prompt_toolkit."""
