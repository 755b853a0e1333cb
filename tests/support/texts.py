"""Hypothesis strategies for texts."""

from hypothesis import strategies as st


def made_of(*pieces, size=20):
    """Return a strategy for texts made of these pieces, with arbitrary text between them."""
    piece = st.one_of(st.sampled_from(pieces), st.text(max_size=3))
    return st.lists(piece, max_size=size).map("".join)


LINES = made_of(
    *("docker", "ps", "use", "a", "if", "else", "end", "for", "in", "set", "echo", "create -d none"),
    *("'", '"', "\\", "$", "${", "}", "$(", ")", "|", "||", "&&", "&", ";", "<", ">", ">>", "2>&1"),
    *(
        "@all",
        "@",
        "#",
        "!",
        "-",
        "--",
        "=",
        "~",
        "`",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\\\n",
        "\0",
        "\x1b",
        "\ud800",
    ),
)
"""Valid and invalid lines of machsh's language."""
