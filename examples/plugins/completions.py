"""Two kinds of completion: Vagrant's boxes, and the words of the program terraform."""

from machsh.api import Candidate, CompletionContext, completes


def box(context: CompletionContext) -> list[Candidate]:
    """What may stand after `--vagrant-box`, whose `values` are `box`."""
    return [
        Candidate("debian/bookworm64", "Debian 12"),
        Candidate("generic/alpine319", "Alpine 3.19"),
    ]


@completes("program.terraform")
def terraform(context: CompletionContext) -> list[tuple[str, str]]:
    """What may stand after `!terraform`; `context.arguments` are the words before."""
    if context.arguments:
        return [("-chdir=", "Switch to another folder first"), ("-help", "Show help")]
    return [("init", "Prepare this folder"), ("plan", "Show what would change"), ("apply", "Change it")]


COMPLETIONS = [box, terraform]
