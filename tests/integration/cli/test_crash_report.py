"""A bug leaves a report that can be shown to others."""


def test_a_bug_leaves_a_report_without_secrets(house, monkeypatch):
    from machsh.cli import entry

    def broken(environment):
        raise RuntimeError("hunter22 is bad, AKIA-secret too")

    monkeypatch.setattr(entry, "enter", broken)
    variables = {"MY_TOKEN": "hunter22"}
    done = house.run("ls", "--x-secret-key", "AKIA-secret", program="machsh", variables=variables)
    assert done.code == 70
    assert done.err.startswith("machsh: internal error: RuntimeError")
    assert "Traceback" not in done.err
    [report] = (house.home / ".local" / "state" / "machsh" / "crashes").iterdir()
    content = report.read_text()
    assert "Traceback" in content
    assert "hunter22" not in content
    assert "--x-secret-key ***" in content
    assert "AKIA-secret" not in content + done.err
    assert report.stat().st_mode & 0o777 == 0o600
