"""What every cloud's driver does with answers of other forms than its provider documents."""

import pytest

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault


class OddAnswers:
    """Subclass it, with the fixture `cloud`; each odd answer is one error, and nothing is taken for gone."""

    paths = ".*"
    """The paths, as a pattern, that are answered so; a login before them may be answered well."""
    odd = ()
    """Answers with 200 to a question for the machine."""
    says = ""
    """A pattern that each error of these answers matches."""

    def new(self, cloud, folder):
        """Return the driver of a machine that is not made yet."""
        raise NotImplementedError

    def again(self, cloud, driver, folder):
        """Return another driver with the stored record."""
        raise NotImplementedError

    def _made(self, cloud, folder):
        driver = self.new(cloud, folder)
        driver.pre_create_check()
        driver.create()
        return self.again(cloud, driver, folder)

    @pytest.mark.parametrize("content", [{}, [], "odd", {"message": "no route"}], ids=str)
    def test_a_404_of_somebody_else_does_not_say_that_a_server_is_gone(self, content, cloud, tmp_path):
        driver = self._made(cloud, tmp_path)
        cloud.faults.append(CloudFault(CloudAnswer(content, 404), path=self.paths, times=0))
        with pytest.raises(MachshError):
            driver.remove()
        assert driver.record.resources
        cloud.faults.clear()
        self.again(cloud, driver, tmp_path).remove()
        assert cloud.left == []

    def test_an_odd_answer_is_one_error(self, cloud, tmp_path):
        driver = self._made(cloud, tmp_path)
        for content in self.odd:
            cloud.faults[:] = [CloudFault(CloudAnswer(content), path=self.paths, times=0)]
            with pytest.raises(MachshError, match=self.says):
                driver.state()
