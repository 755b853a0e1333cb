"""What a `.netrc` changes in the requests of a cloud's driver: nothing."""

import pytest

from machsh.testing.fake_cloud.cloud_trial import CloudTrial

ENTRIES = ("machine 127.0.0.1 login me password mine", "default login me password mine")


class NetrcLogins(CloudTrial):
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
