"""Walks docker's tree of commands."""


def commands(tree, path=()):
    """Yield the command at `path` and all below it, as far as the tree has read them."""
    found = tree.known(path)
    if found is not None:
        yield found
        for child in found.children:
            yield from commands(tree, (*path, child.name))
