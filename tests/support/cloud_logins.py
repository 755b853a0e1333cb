"""Where a cloud's driver takes its login from, and where not; and what it says without one."""

import pytest

from machsh.testing.fake_cloud.cloud_trial import CloudTrial

ENTRIES = ("machine 127.0.0.1 login me password mine", "default login me password mine")
LOGIN_OF_THE_PROCESS = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")
"""Variables of the process itself at which a library looks."""


class CloudLogins(CloudTrial):
    """Subclass it together with a cloud's trial."""

    @pytest.mark.parametrize("entry", ENTRIES)
    def test_a_netrc_neither_replaces_nor_adds_a_login(self, entry, tmp_path, monkeypatch):
        (tmp_path / ".netrc").write_text(f"{entry}\n")
        monkeypatch.delenv("NETRC", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        driver = self.made(tmp_path, "web")
        driver.state()
        type(driver).orphans(driver.context, driver.store, [driver])
        self.again(driver).remove()
        assert self.left() == []
        assert len(self.cloud.authorizations) >= len(self.calls()) >= 5
        assert not [one for one in self.cloud.authorizations if one.startswith("Basic")]

    def test_without_a_login_nothing_is_taken_for_empty(self, tmp_path, monkeypatch):
        driver = self.made(tmp_path, "web")
        driver.context.environment.variables.clear()
        driver.context.environment.variables["NO_GCE_CHECK"] = "true"
        for name in LOGIN_OF_THE_PROCESS:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert type(driver).orphans(driver.context, driver.store, []) == []
        (place,) = driver.context.unasked
        assert "cannot be asked: " in place.text
        assert place.hint
        assert not place.is_told
