"""The settings file and the commands around it."""

import re
import tomllib

from tests.support.processes import run


def test_the_settings_file_is_written_on_demand(home):
    path = home / ".config" / "machsh" / "config.toml"
    run(home, "settings")
    assert not path.exists()
    assert run(home, "settings", "init")[0] == 0
    content = path.read_text()
    assert tomllib.loads(content) == {}
    shown = run(home, "settings")[1].splitlines()[1:]
    for name in (line.split()[0] for line in shown):
        assert re.search(rf"^# [A-Z].*\n# {name} = ", content, re.MULTILINE), name
    assert tomllib.loads(re.sub(r"^# (?=\w+ = )", "", content, flags=re.MULTILINE))["theme"] == "dark"


def test_check_reports_unknown_keys_with_a_suggestion(home):
    run(home, "settings", "init")
    path = home / ".config" / "machsh" / "config.toml"
    assert run(home, "settings", "check")[0] == 0
    path.write_text('them = "light"\n')
    code, _, err = run(home, "settings", "check")
    assert code == 1
    assert "unknown setting 'them'; did you mean theme?" in err
    path.write_text("theme = [\n")
    code, _, err = run(home, "settings", "check")
    assert code == 1
    assert "Traceback" not in err
