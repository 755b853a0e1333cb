from machsh.shell.welcome import ENOUGH, Experience, advice


def test_first_five_minutes_lead_from_nothing_to_every_machine():
    assert "create -d docker" in advice(Experience())
    assert "use web" in advice(Experience(["web"], "local", ["create web"]))
    assert "run hello-world" in advice(Experience(["web"], "web", ["use web"]))
    assert "@all" in advice(Experience(["db", "web"], "web", ["use web", "ps"]))
    assert advice(Experience(["web"], "web", ["use web", "ps"])) == ""


def test_one_line_of_advice_that_fits_a_narrow_screen_twice():
    for now in (
        Experience(),
        Experience(["web"], "local"),
        Experience(["web"], "web"),
        Experience(["a", "b"], "a", ["use a", "ps"]),
    ):
        assert "\n" not in advice(now)
        assert len(advice(now)) <= 80


def test_who_knows_the_way_is_left_alone():
    assert advice(Experience([], "", ["ls"] * ENOUGH)) == ""
