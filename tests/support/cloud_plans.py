"""What a cloud's driver says that it would make, beside what it makes."""

from fnmatch import fnmatchcase

from machsh.testing.fake_cloud.cloud_trial import CloudTrial


class CloudPlans(CloudTrial):
    """Subclass it together with a cloud's trial."""

    def test_what_would_be_made_is_what_is_made(self, tmp_path):
        driver = self.new(tmp_path, "web")
        driver.pre_create_check()
        before = len(self.left())
        planned = driver.plan()
        assert len(self.left()) == before
        driver.create()
        for made in driver.noted:
            fitting = [one for one in planned if one.kind == made.kind]
            names = [one.name.replace("...", "*") for one in fitting]
            assert any(fnmatchcase(made.name, name) for name in names), f"{made} is not in {planned}"
        assert len(planned) >= len(driver.noted)
        driver.remove()
        assert self.left() == []
