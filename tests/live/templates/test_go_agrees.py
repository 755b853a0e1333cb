"""Go writes the expected output of the template cases again: what is in the files is what it writes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.places import CASE_FILES

pytestmark = pytest.mark.live
FOLDER = CASE_FILES / "templates"


def test_go_writes_the_same_cases_again(tmp_path):
    go = shutil.which("go") or "/usr/bin/go"
    copies = [Path(shutil.copy(path, tmp_path)) for path in sorted(FOLDER.glob("*.json"))]
    subprocess.run([go, "run", ".", *copies], cwd=FOLDER / "generate", check=True, timeout=300)
    differing = [copy.name for copy in copies if copy.read_bytes() != (FOLDER / copy.name).read_bytes()]
    assert copies
    assert differing == []
