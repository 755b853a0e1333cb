"""docker's tree of commands as tests look at it."""


def commands(tree, path=()):
    """The command and all below it that the tree knows already."""
    found = tree.known(path)
    if found is not None:
        yield found
        for child in found.children:
            yield from commands(tree, (*path, child.name))
