"""Pygments' own program finds the language's lexer."""

import subprocess
import sys


def test_pygmentize_colours_a_file(tmp_path):
    file = tmp_path / "a.machsh"
    file.write_text("docker ps\n")
    done = subprocess.run(
        [sys.executable, "-m", "pygments", "-f", "html", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert '<span class="nf">docker</span>' in done.stdout
