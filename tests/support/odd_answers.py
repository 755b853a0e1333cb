"""What every cloud's driver does with answers of other forms than its provider documents."""

import pytest

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.fake_cloud.cloud_trial import CloudTrial


class OddAnswers(CloudTrial):
    """Subclass it together with a cloud's trial; each odd answer is one error, nothing is taken for gone."""

    paths = ".*"
    """The paths, as a pattern, that are answered so; a login before them may be answered well."""
    odd = ()
    """Answers with 200 to a question for the machine."""
    says = ""
    """A pattern that each error of these answers matches."""

    @pytest.mark.parametrize(
        "content", [{}, [], "odd", {"message": "no route"}, {"error": "no route"}], ids=str
    )
    def test_a_404_of_somebody_else_does_not_say_that_a_server_is_gone(self, content, tmp_path):
        driver = self.again(self.made(tmp_path, "web"))
        self.cloud.faults.append(CloudFault(CloudAnswer(content, 404), path=self.paths, times=0))
        with pytest.raises(MachshError) as caught:
            driver.remove()
        assert "proxy" in caught.value.hint
        assert driver.record.resources
        self.heal()
        self.again(driver).remove()
        assert self.left() == []

    def test_an_odd_answer_is_one_error(self, tmp_path):
        driver = self.again(self.made(tmp_path, "web"))
        for content in self.odd:
            self.cloud.faults[:] = [CloudFault(CloudAnswer(content), path=self.paths, times=0)]
            with pytest.raises(MachshError, match=self.says):
                driver.state()
