"""Texts for property tests."""

from hypothesis import strategies as st


def made_of(*pieces, size=20):
    """Texts put together from the pieces that matter, with any other text between them."""
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
"""Lines of machsh's language, whole and broken."""
