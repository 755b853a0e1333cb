"""The command tree of the installed docker CLI: asked of the CLI itself, never a list of ours."""
