"""The difference between a file and a store with machines of the fake drivers."""

import pytest

from machsh.errors import MachshError, RefusedError
from machsh.machine.records import phase
from machsh.manifest.cluster_plan import ClusterChange
from machsh.manifest.fleet_plan import Action, FleetPlan, MachineStep
from machsh.manifest.manifest_error import ManifestError
from machsh.manifest.plan_text import notes, nothing_to_do, plan_data, plan_text
from machsh.options import Option
from tests.support.machines import FakeDriver
from tests.support.manifests import applied, loaded, planned, signs

WEB = """
[machines."web[1-2]"]
driver = "virtual"
fake-size = "2"
engine-label = ["role=web"]
"""


def changed(text, *, to):
    return WEB.replace(text, to)


@pytest.fixture
def shop(machines, engine, tmp_path):
    """A store to which WEB was applied."""
    applied(machines, loaded(tmp_path, WEB))
    return machines


def test_what_is_missing_is_created(machines, tmp_path):
    manifest = loaded(tmp_path, WEB)
    plan = planned(machines, manifest)
    assert signs(plan) == ["+ web1", "+ web2"]
    assert plan_text(plan, manifest).splitlines() == [
        "  + machine web1 (virtual)",
        "      fake-size: 2",
        "      engine-label: role=web",
        "  + machine web2 (virtual)",
        "      fake-size: 2",
        "      engine-label: role=web",
        "",
        "Plan: 2 to create.",
    ]
    assert machines.names() == []


def test_what_was_applied_is_not_done_again(shop, tmp_path):
    plan = planned(shop, loaded(tmp_path, WEB))
    assert plan.is_empty
    assert nothing_to_do(plan) == "Nothing to do: 2 machines are as the file says."


def test_it_is_not_done_again_when_the_store_has_forgotten_the_fleets_file(shop, tmp_path):
    (shop.store.folder / "fleets" / "shop.json").unlink()
    assert planned(shop, loaded(tmp_path, WEB)).is_empty


@pytest.mark.parametrize(
    ("former", "new", "sign", "said"),
    [
        ("role=web", "role=db", "~! web1", "engine.label: role=web -> role=db"),
        ('"2"', '"4"', "~ web1", "cpus: 2 -> 4"),
        ('"virtual"', '"virtual"\nprotect = true', "~ web1", "protect: false -> true"),
        ('"virtual"', '"virtual"\ntimeout = 7', "~ web1", "timeout: - -> 7"),
        ('"virtual"', '"fake"', "-/+ web1", "driver: virtual -> fake"),
        (
            '"virtual"',
            '"virtual"\ntls-san = ["a.b"]',
            "-/+ web1",
            "tls-san: a.b is given to new machines only",
        ),
        ('engine-label = ["role=web"]', "", "~! web1", "engine.label: role=web -> -"),
    ],
)
def test_what_differs_is_changed_in_the_gentlest_way(shop, tmp_path, former, new, sign, said):
    manifest = loaded(tmp_path, changed(former, to=new))
    plan = planned(shop, manifest)
    assert signs(plan)[0] == sign
    assert f"      {said}" in plan_text(plan, manifest).splitlines()
    assert planned(shop, loaded(tmp_path, WEB)).is_empty


def test_a_size_that_reconfigure_changed_is_a_difference_again(shop, tmp_path):
    shop.reconfigure("web1", changes=["cpus=8"])
    assert signs(planned(shop, loaded(tmp_path, WEB))) == ["~ web1"]
    (shop.store.folder / "fleets" / "shop.json").unlink()
    assert signs(planned(shop, loaded(tmp_path, WEB))) == ["~ web1"]


def test_machines_that_are_not_in_the_file_any_more_stay_unless_they_are_pruned(shop, tmp_path):
    manifest = loaded(tmp_path, changed("web[1-2]", to="web[2-2]"))
    plan = planned(shop, manifest)
    assert plan.is_empty
    assert list(notes(plan)) == ["Not in the file any more, and left alone: web1 (--prune removes them)"]
    pruned = planned(shop, manifest, prunes=True)
    assert signs(pruned) == ["- web1"]
    assert list(notes(pruned)) == []
    assert "- machine web1  # destroyed" in plan_text(pruned, manifest)
    assert [one["action"] for one in plan_data(pruned, manifest)["steps"]] == ["remove"]


def test_what_no_apply_made_is_neither_pruned_nor_touched(shop, create_request, tmp_path):
    shop.create(create_request("other"))
    assert planned(shop, loaded(tmp_path, WEB), prunes=True).is_empty
    with pytest.raises(ManifestError, match=r'shop.toml:2: there is a machine "other" already.*driver bare'):
        planned(shop, loaded(tmp_path, changed("web[1-2]", to="other")))


def test_a_machine_of_another_fleet_is_refused(shop, tmp_path):
    with pytest.raises(ManifestError, match='"web1" belongs to the fleet "shop"'):
        planned(shop, loaded(tmp_path, WEB, file="blog.toml"))


def test_a_machine_that_exists_is_taken_over_when_the_file_says_so(machines, create_request, tmp_path):
    machines.create(create_request("other"))
    plan = applied(machines, loaded(tmp_path, '[machines.other]\ndriver = "bare"\nadopt = true\n'))
    assert (signs(plan), plan.taken_over) == ([], ("other",))
    assert machines.get("other").record.machsh.fleet == "shop"


def test_a_machine_of_another_driver_is_not_taken_over(machines, create_request, tmp_path):
    machines.create(create_request("other"))
    with pytest.raises(ManifestError, match="driver bare"):
        planned(machines, loaded(tmp_path, '[machines.other]\ndriver = "fake"\nadopt = true\n'))


def test_a_machine_whose_creation_is_not_finished_is_not_taken_over(machines, create_request, tmp_path):
    machines.create(create_request("other"))
    with machines.store.change("other") as record:
        record.machsh.phase = phase.HOST
    with pytest.raises(ManifestError, match='the creation of "other" is not finished'):
        planned(machines, loaded(tmp_path, '[machines.other]\ndriver = "bare"\nadopt = true\n'))


@pytest.mark.parametrize("text", [changed('"virtual"', to='"fake"'), changed("web[1-2]", to="web2")])
def test_a_protected_machine_is_not_destroyed(shop, tmp_path, text):
    with shop.store.change("web1") as record:
        record.machsh.protected = True
    with pytest.raises(RefusedError, match=r'"web1" would be .*, but it is protected'):
        planned(shop, loaded(tmp_path, text), prunes=True)


def test_a_damaged_record_is_said_with_the_line_of_its_machine(shop, tmp_path):
    shop.store.config_path("web1").write_text("{")
    with pytest.raises(ManifestError, match=r"shop.toml:2: web1: ") as raised:
        planned(shop, loaded(tmp_path, WEB))
    assert "machsh rm -f web1" in raised.value.hint


def test_what_the_driver_refuses_is_said_with_the_line(machines, tmp_path):
    text = '[machines.web]\ndriver = "virtual"\nengine-opt = ["log-level=shout"]\n'
    with pytest.raises(MachshError, match=r"shop.toml:1: web: "):
        planned(machines, loaded(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        changed("role=web", to="role=db"),
        changed('"virtual"', to='"virtual"\ntls-san = "a.b"'),
        changed('"virtual"', to='"fake"'),
    ],
)
def test_nothing_is_changed_on_the_host_of_an_adopted_machine(shop, tmp_path, text):
    with shop.store.change("web1") as record:
        record.machsh.adopted = True
    assert planned(shop, loaded(tmp_path, WEB)).is_empty
    with pytest.raises(ManifestError, match='"web1" was adopted') as raised:
        planned(shop, loaded(tmp_path, text))
    assert "provision --take-over web1" in raised.value.hint


def test_what_is_no_matter_of_the_host_of_an_adopted_machine_is_changed(shop, tmp_path):
    with shop.store.change("web1") as record:
        record.machsh.adopted = True
    assert signs(planned(shop, loaded(tmp_path, changed('"2"', to='"2"\ntimeout = 7'))))[0] == "~ web1"


@pytest.mark.parametrize("adopt", ["", "adopt = true\n"])
def test_a_machine_of_another_fleet_is_not_taken_over_either(shop, tmp_path, adopt):
    text = f'[machines.web1]\ndriver = "virtual"\n{adopt}'
    with pytest.raises(ManifestError, match='"web1" belongs to the fleet "shop"'):
        planned(shop, loaded(tmp_path, text, file="blog.toml"))


def test_a_machine_that_is_made_anew_gets_its_protection_again(shop, tmp_path):
    for text in (
        changed('"virtual"', to='"fake"\nprotect = false'),
        WEB + 'tls-san = "a.b"\nprotect = false\n',
    ):
        assert [one.protect for one in planned(shop, loaded(tmp_path, text)).machines] == [False, False]


def test_settings_of_an_engine_that_nobody_sets_up_are_no_difference(machines, tmp_path):
    text = '[machines.web]\ndriver = "bare"\nengine-label = ["a=b"]\n'
    applied(machines, loaded(tmp_path, text))
    assert planned(machines, loaded(tmp_path, text.replace("a=b", "a=c"))).is_empty


def test_what_looks_secret_is_not_shown_either(machines, engine, tmp_path):
    proxy = 'engine-env = ["HTTP_PROXY=http://me:hush@proxy"]'
    manifest = loaded(tmp_path, changed('engine-label = ["role=web"]', to=proxy))
    assert "hush" not in plan_text(planned(machines, manifest), manifest)
    applied(machines, manifest)
    other = loaded(tmp_path, changed('engine-label = ["role=web"]', to=proxy.replace("hush", "other-hush")))
    shown = plan_text(planned(machines, other), other)
    assert "engine.env" in shown
    assert "hush" not in shown


def test_a_secret_that_only_a_new_machine_gets_is_not_shown(machines, engine, tmp_path):
    text = WEB.replace("virtual", "fake").replace('"2"', '"${size}"') + '[secrets]\nsize = { env = "SIZE" }\n'
    applied(machines, loaded(tmp_path, text, variables={"SIZE": "4711"}))
    rotated = loaded(tmp_path, text, variables={"SIZE": "4712"})
    plan = planned(machines, rotated)
    assert "fake-size: (secret) is given to new machines only" in plan_text(plan, rotated)
    assert "471" not in plan_text(plan, rotated) + str(plan_data(plan, rotated))


def test_a_secret_option_is_not_shown_though_the_file_has_it_in_words(
    machines, engine, tmp_path, monkeypatch
):
    configure = FakeDriver.configure

    def with_token(self, values):
        configure(self, values)
        self.record.power = values.text("fake-token")

    monkeypatch.setattr(FakeDriver, "configure", with_token)
    monkeypatch.setattr(
        FakeDriver, "options", (*FakeDriver.options, Option("fake-token", "Who", secret=True))
    )
    former = loaded(tmp_path, '[machines.web]\ndriver = "fake"\nfake-token = "hush-1"\n')
    assert "fake-token: (secret)" in plan_text(planned(machines, former), former)
    assert "hush" not in str(plan_data(planned(machines, former), former))
    applied(machines, former)
    other = loaded(tmp_path, '[machines.web]\ndriver = "fake"\nfake-token = "hush-2"\n')
    plan = planned(machines, other)
    assert "fake-token: (secret) is given to new machines only" in plan_text(plan, other)
    assert (
        "hush"
        not in str(plan_data(plan, other)) + (machines.store.folder / "fleets" / "shop.json").read_text()
    )


def test_a_plan_of_removals_or_of_clusters_that_end_is_not_empty():
    assert not FleetPlan("shop", removals=(MachineStep(Action.REMOVE, "web"),)).is_empty
    assert not FleetPlan("shop", ended=(ClusterChange("prod", is_gone=True),)).is_empty
    assert FleetPlan("shop", taken_over=("web",)).is_empty


def test_a_secret_is_in_no_text_and_in_no_file_of_the_fleet(machines, engine, tmp_path):
    text = WEB.replace("role=web", "role=${token}") + '[secrets]\ntoken = { env = "TOKEN" }\n'
    manifest = loaded(tmp_path, text, variables={"TOKEN": "hush-hush"})
    plan = applied(machines, manifest)
    for shown in (plan_text(plan, manifest), str(plan_data(plan, manifest))):
        assert "hush" not in shown
        assert "(secret)" in shown
    assert "hush" not in (machines.store.folder / "fleets" / "shop.json").read_text()
    rotated = loaded(tmp_path, text, variables={"TOKEN": "new-one"})
    plan = planned(machines, rotated)
    assert signs(plan) == ["~! web1", "~! web2"]
    assert "engine.label: (secret) -> (secret)" in plan_text(plan, rotated)
    assert "hush" not in plan_text(plan, rotated)


SECRET = """
[machines.web]
driver = "virtual"
engine-env = ["GREETING=${token}"]
[secrets]
token = { env = "TOKEN" }
"""


def test_a_secret_setting_that_leaves_the_file_goes_and_is_not_shown(machines, engine, tmp_path):
    applied(machines, loaded(tmp_path, SECRET, variables={"TOKEN": "hush"}))
    without = loaded(tmp_path, '[machines.web]\ndriver = "virtual"\n')
    assert "engine.env: (secret) -> -" in plan_text(planned(machines, without), without)
    plain = loaded(tmp_path, '[machines.web]\ndriver = "virtual"\nengine-env = ["A=b"]\n')
    assert "engine.env: (secret) -> A=b" in plan_text(planned(machines, plain), plain)
    applied(machines, without)
    assert machines.get("web").record.engine.env == []
    assert planned(machines, without).is_empty


def test_what_adopt_left_out_as_secret_stays(machines, engine, tmp_path):
    applied(machines, loaded(tmp_path, SECRET, variables={"TOKEN": "hush"}))
    described = '[machines.web]\nadopt = true\ndriver = "virtual"\n'
    assert planned(machines, loaded(tmp_path, described)).is_empty
    applied(machines, loaded(tmp_path, described))
    assert planned(machines, loaded(tmp_path, described.replace("adopt = true\n", ""))).is_empty
    assert machines.get("web").record.engine.env == ["GREETING=hush"]
