"""What a cloud's driver finds of machines that no record knows: all of it, with its cost, and nothing else."""

import shutil

from machsh.testing.fake_cloud.cloud_trial import CloudTrial


class CloudOrphanCases(CloudTrial):
    """Subclass it together with a cloud's trial."""

    costs = ()
    """`KIND: COST` of what is left of a machine, in the order in which it can be removed."""

    def found_by(self, driver, *known):
        """Return what the driver finds, in the store of which are the known ones."""
        return type(driver).orphans(driver.context, driver.store, known)

    def test_what_a_forgotten_machine_had_is_found_with_its_cost_and_removed(self, tmp_path):
        kept = self.made(tmp_path, "kept")
        theirs, bill = self.left(), self.billed()
        lost = self.made(tmp_path, "lost")
        assert self.found_by(lost, kept, lost) == []
        found = self.found_by(lost, kept)
        assert [f"{one.kind}: {one.cost}" for one in found] == list(self.costs)
        assert {one.machine for one in found} == {"lost"}
        assert not any(one.store for one in found)
        assert all(one.since is None or one.since.tzinfo for one in found)
        for one in (*found, *found):
            type(lost).remove_orphan(one, lost.context, lost.store)
        assert self.found_by(lost, kept) == []
        assert (self.left(), self.billed()) == (theirs, bill)

    def test_what_another_store_made_says_so(self, tmp_path):
        self.made(tmp_path / "a", "web")
        shutil.rmtree(tmp_path / "a")
        found = self.found_by(self.new(tmp_path / "b", "web"))
        assert [f"{one.kind}: {one.cost}" for one in found] == list(self.costs)
        assert all(len(one.store) == 32 for one in found)

    def test_what_another_machine_of_the_name_left_is_never_taken(self, tmp_path):
        former = self.made(tmp_path / "a", "web")
        theirs = self.left()
        again = self.new(tmp_path / "b", "web")
        again.tags  # noqa: B018 - makes the token, which is in some names
        token, own = former.record.owner[:8], again.record.owner[:8]
        again.record.resources = [
            {**one.to_json(), "Name": one.name.replace(token, own), "Identifier": ""} for one in former.noted
        ]
        again.remove()
        assert self.left() == theirs
