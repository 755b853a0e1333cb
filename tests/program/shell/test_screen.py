"""What a person sees, at 80x24 and 40x12, read through pyte."""

import fcntl
import re
import struct
import termios
import time

import pytest

from tests.support.screen import PASTE_END, PASTE_START, Screen

GREEN, RED = ("green", "brightgreen"), ("red", "brightred")


def names_known(screen):
    """Wait until the machines and docker's commands are known."""
    screen.press("f4").wait_for("generic")
    screen.press("esc").wait_gone("generic")
    return screen


def test_docker_words_complete_with_descriptions(sized):
    screen = names_known(sized())
    screen.type("docker networ").press("tab").wait_for("docker network")
    screen.type("con").press("tab").wait_for("docker network connect")
    screen.type("--").press("tab").wait_for("--alias")
    assert screen.shows("--driver-opt")


def test_grey_suggestion_from_history(sized):
    screen = sized()
    screen.type("docker ps --all --quiet").press("enter").wait_for("ran: 'docker ps --all --quiet'")
    screen.type("docker p").wait_until(
        lambda: sum("❯ docker ps --all --quiet" in line for line in screen.lines) == 2, "a suggestion"
    )
    assert screen.look("--quiet")[0].fg in ("brightblack", "666666")
    screen.press("right", "enter")
    screen.wait_until(
        lambda: "\n".join(screen.lines).count("ran: 'docker ps --all --quiet'") == 2, "the suggestion run"
    )


def test_one_word_of_the_suggestion(shell):
    screen = shell()
    screen.type("docker ps --all --quiet").press("enter").wait_for("ran:")
    screen.type("docker p").wait_until(
        lambda: sum("❯ docker ps --all --quiet" in line for line in screen.lines) == 2, "a suggestion"
    )
    screen.press("alt-right", "enter").wait_for("ran: 'docker ps'")


def test_history_search_with_scopes(sized):
    screen = names_known(sized())
    screen.type("use web").press("enter").wait_for("web ❯")
    screen.type("images -q").press("enter").wait_for("ran: 'images -q'")
    screen.type("use db").press("enter").wait_for("db ❯")
    screen.press("ctrl-r").wait_for("history of all")
    screen.type("img").wait_for("images -q")
    screen.press("ctrl-r").wait_for("history of this machine")
    screen.press("ctrl-r").wait_for("history of this session")
    screen.press("ctrl-r").wait_for("history of all")
    screen.press("enter").wait_for("db ❯ images -q")
    screen.press("enter").wait_until(
        lambda: sum("ran: 'images -q'" in line for line in screen.lines) >= 1, "the line run"
    )


def test_escape_brings_back_what_was_typed(shell):
    screen = shell()
    screen.type("first one").press("enter").wait_for("ran:")
    screen.type("half a li").press("ctrl-r").wait_for("history of all")
    screen.press("esc").wait_gone("history of all")
    assert screen.line("❯").endswith("half a li")


def test_picker_shows_states_and_switches(sized):
    screen = names_known(sized())
    screen.type("half typed").press("f4").wait_for("running")
    assert screen.shows("stopped")
    screen.type("we").wait_gone("stopped")
    screen.press("enter").wait_for("web ❯ half typed")


def test_prompt_takes_the_state_colour_and_stays_while_typing(sized):
    screen = names_known(sized())
    screen.type("use web").press("enter").wait_for("web ❯")
    assert {char.fg for char in screen.look("web ❯")[:3]} <= set(GREEN)
    screen.type("use db").press("enter").wait_for("db ❯")
    assert {char.fg for char in screen.look("db ❯")[:2]} <= {"brown", "yellow"}


def test_continuation_prompt(sized):
    screen = sized()
    screen.type("echo 'one").press("enter").wait_for("·")
    screen.type("two'").press("enter").wait_for("ran:")
    assert screen.shows(r"\n")


def test_toolbar_shows_the_syntax_being_typed(sized):
    screen = names_known(sized())
    screen.type("docker network connect ").wait_until(
        lambda: screen.lines[-1].startswith("docker network connect [OPTIO"), "the syntax"
    )
    screen.press("ctrl-u").type("use ").wait_for("use NAME")


def test_toolbar_never_breaks_the_screen(sized):
    screen = names_known(sized())
    screen.type("docker run --publish ").settle(0.3)
    assert len(screen.display.display[-1].rstrip()) <= screen.display.columns
    assert sum("❯" in line for line in screen.lines) == 1


def test_right_prompt_shows_time_and_exit_code(shell):
    screen = shell()
    screen.type("sleep 2.2").press("enter").wait_for(re.compile(r"❯ +2\.\ds"))
    screen.type("fail 3").press("enter").wait_for(re.compile(r"❯ +exit 3"))
    screen.type("quick").press("enter").wait_for("ran: 'quick'").settle(0.3)
    assert re.search(r"❯\s*$", screen.line("❯"))


def test_wrong_words_are_red_before_enter(sized):
    screen = names_known(sized())
    screen.type("dokcer ").wait_for("❯ dokcer")
    screen.wait_until(lambda: screen.look("dokcer")[0].fg in RED, "a red command")
    screen.press("ctrl-u").type("ps --nosuch").wait_for("❯ ps --nosuch")
    screen.wait_until(lambda: screen.look("--nosuch")[0].fg in RED, "a red option")
    assert screen.look("ps --nosuch")[0].fg not in RED
    screen.press("ctrl-u").type("use web").wait_for("❯ use web")
    screen.wait_until(lambda: screen.look("use web")[4].fg in GREEN, "a green machine")
    screen.press("ctrl-u").type("use nowhere ").wait_for("❯ use nowhere")
    screen.wait_until(lambda: screen.look("nowhere")[0].fg in RED, "a red machine")


def test_the_beginning_of_a_word_is_not_wrong_yet(shell):
    screen = names_known(shell())
    screen.type("creat").settle(0.3)
    assert screen.look("creat")[0].fg not in RED


def test_open_quote_and_backslash_go_on(sized):
    screen = sized()
    screen.type("echo \\").press("enter").wait_for("·")
    screen.type("more").press("enter").wait_for("ran: 'echo")


def test_alt_enter_makes_a_new_line(sized):
    screen = sized()
    screen.type("one").press("alt-enter").wait_for("·")
    screen.type("two").press("enter").wait_for(r"ran: 'one\ntwo'")


def test_a_pasted_block_waits_for_enter(shell):
    screen = shell()
    block = "\r".join(f"line {n}" for n in range(20))
    screen.type(f"\x1b[200~{block}\x1b[201~").wait_for("line 19").settle(0.3)
    assert not screen.shows("ran:")
    screen.press("enter").wait_for("ran:")
    assert screen.shows(r"line 0\nline 1\n")


def test_ctrl_c_at_the_prompt_clears_the_line(sized):
    screen = sized()
    screen.type("half a line").press("ctrl-c").settle(0.3)
    assert re.search(r"❯\s*$", screen.line("❯"))
    screen.type("next").press("enter").wait_for("ran: 'next'")
    assert not screen.shows("ran: 'half")


def test_ctrl_c_stops_a_line_and_the_shell_stays(shell):
    screen = shell()
    screen.type("sleep 30").press("enter").wait_for("ran: 'sleep 30'").settle(0.3)
    screen.press("ctrl-c").wait_for(re.compile(r"❯ +(\d+\.\ds )?exit 130|exit 130"))
    assert not screen.shows("Traceback")


def test_ctrl_d_leaves_only_on_an_empty_line(sized):
    screen = sized()
    screen.type("text").press("ctrl-a", "ctrl-d").settle(0.3)
    assert screen.line("❯").endswith("ext")
    screen.press("ctrl-u").press("ctrl-e", "ctrl-u").press("ctrl-d")
    assert screen.wait_end() == 0


def test_vi_and_emacs_switch_at_run_time(sized):
    screen = sized()
    screen.press("f3").wait_for("vi insert")
    screen.type("word").press("esc").wait_for("vi navigation")
    screen.type("0x").wait_until(lambda: screen.line("❯").endswith("❯ ord"), "vi's x")
    screen.press("f3").wait_gone("vi ")


def test_escape_is_fast_in_vi(shell):
    screen = shell()
    screen.press("f3").wait_for("vi insert")
    screen.type("word").settle(0.3)
    began = time.monotonic()
    screen.type("\x1b").wait_for("vi navigation", 5)
    assert time.monotonic() - began < 0.05 * 5


def test_keys_from_the_settings_file(home, shell):
    folder = home / ".config" / "machsh"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[keys]\n"c-t" = "picker"\n"c-g" = "nonsense"\n')
    screen = shell()
    assert screen.shows("no action 'nonsense'")
    screen.type("\x14").wait_for("machines · Enter switches")


def test_the_editor_opens(home, shell):
    editor = home / "editor"
    editor.write_text("#!/bin/sh\necho 'from the editor' > \"$1\"\n")
    editor.chmod(0o755)
    screen = shell(EDITOR=str(editor), VISUAL=str(editor))
    screen.type("before").press("ctrl-x", "ctrl-e").wait_for("from the editor")


def test_no_color_draws_no_colour(shell):
    screen = shell(NO_COLOR="1")
    screen.type("dokcer ps --all").press("tab").settle(0.5)
    assert not re.search(rb"\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7]|[34]8;)[0-9;]*m", screen.raw)


def test_light_theme(home, shell):
    folder = home / ".config" / "machsh"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('theme = "light"\n')
    screen = names_known(shell())
    screen.type("use web").press("enter").wait_for("web ❯").settle(0.3)
    assert screen.look("web ❯")[0].fg == "green"


@pytest.mark.parametrize("key", ["right", "tab"])
def test_the_corrected_line_is_a_grey_suggestion_that_a_key_takes(shell, key):
    screen = names_known(shell())
    screen.type("pss -a").press("enter").wait_for("ran: 'pss -a'")
    screen.wait_until(lambda: "❯ ps -a" in screen.line("❯"), "the corrected line")
    assert screen.look("ps -a")[0].fg == "brightblack"
    screen.press(key, "enter").wait_for("ran: 'ps -a'")


def test_going_on_typing_gives_what_is_typed(sized):
    screen = names_known(sized())
    screen.type("pss -a").press("enter").wait_for("ran: 'pss -a'")
    screen.wait_until(lambda: "❯ ps -a" in screen.line("❯"), "the corrected line")
    screen.type("ls").press("enter").wait_for("ran: 'ls'")


def test_a_protected_machine_is_red_in_the_prompt(sized):
    screen = names_known(sized())
    screen.type("use prod").press("enter").wait_for("prod ❯")
    screen.wait_until(lambda: screen.look("prod ❯")[0].bg in RED, "a red background")


def test_f1_and_question_mark_help(sized):
    screen = names_known(sized())
    screen.type("docker network connect ").wait_until(
        lambda: screen.lines[-1].startswith("docker network connect ["), "the syntax"
    )
    screen.press("f1").wait_for(re.compile("--alias|--link-local-ip"))
    screen.press("ctrl-c").type("use?").press("enter").wait_for("example: use -")
    screen.press("f1").wait_for("Ctrl-D, exit")


def test_bell_after_long_commands(home, shell):
    folder = home / ".config" / "machsh"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("bell_after = 0.3\n")
    screen = shell()
    screen.type("quick").press("enter").wait_for("ran: 'quick'").settle(0.2)
    assert b"\a" not in screen.raw
    screen.type("sleep 0.5").press("enter").wait_for("ran: 'sleep").settle(0.8)
    assert b"\a" in screen.raw


def test_an_encoding_without_arrow(shell):
    screen = shell(
        LANG="C", LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii"
    )
    assert screen.shows("local >")
    screen.type("ps").press("enter").wait_for("ran: 'ps'")


def test_read_only_home(home, shell):
    (home / ".local").write_text("a file where a folder should be")
    screen = shell()
    screen.type("ps").press("enter").wait_for("history is not kept")
    screen.press("up").wait_for("❯ ps")


def test_without_docker_cli(shell):
    screen = shell(PATH="/nonexistent")
    screen.type("cre").press("tab").wait_for("❯ create")


def test_first_five_minutes_one_line_of_advice(sized):
    screen = sized(fleet=[])
    advice = " ".join(screen.lines[: next(n for n, line in enumerate(screen.lines) if "❯" in line)])
    assert advice == "No machine yet. Type create, then Tab: create -d docker web makes one here."
    screen.wait_until(lambda: screen.shows("Tab"), "the keys")
    screen.type("cre").press("tab").wait_for("❯ create")
    screen.type("-d ").press("tab").wait_for("generic")


def test_a_menu_fits_a_small_screen(shell):
    screen = names_known(shell(40, 12))
    screen.type("docker ").press("tab").settle(0.5)
    assert screen.shows("❯ docker")
    assert len(screen.lines) <= 12


def test_resizing_keeps_the_prompt(shell):
    screen = names_known(shell())
    screen.type("docker ps").settle()
    screen.resize(40, 12)
    screen.settle(0.5)
    assert screen.shows("❯ docker ps")


@pytest.mark.parametrize("prompt", ["$ ", "% ", "web ❯ ", "me@host:~$ ", "PS C:\\> "])
def test_a_line_pasted_with_its_prompt_runs_without_it(shell, prompt):
    screen = names_known(shell())
    screen.type(f"{prompt}ls -q").press("enter").wait_for("ran: 'ls -q'")
    screen.press("up").wait_until(
        lambda: screen.line("❯").startswith("web ❯ ls -q") or "❯ ls -q" in screen.line("❯"), "the line"
    )


def test_a_pasted_block_loses_prompts_and_output(shell):
    screen = names_known(shell())
    screen.type(PASTE_START + "$ ls -q\nweb\nit's output\n$ use web" + PASTE_END).settle()
    screen.press("enter").wait_for(r"ran: 'ls -q\nuse web'").wait_for("left out the 2 lines")


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_can_only_print_gets_no_escape_code_and_no_wait(home, term):
    with Screen.machsh(home, variables={"TERM": term}) as screen:
        screen.wait_for("❯")
        for number in range(3):
            began = time.monotonic()
            screen.settle(0.1).type(f"!echo $((40 + {number}))\n").wait_for(
                re.compile(rf"{40 + number}\n.*❯$")
            )
            assert time.monotonic() - began < 2
        screen.type("ls |\n").wait_for("\n>").type("cat\n").wait_for(re.compile("^NAME", re.MULTILINE))
        assert b"\x1b" not in screen.raw
        screen.type("\x04")
        assert screen.wait_end() == 0


def test_a_terminal_that_does_not_tell_its_cursor_costs_no_wait_at_each_line(home):
    with Screen.machsh(home) as screen:
        screen.answers_cursor = False
        screen.wait_for("❯").settle(1.2)  # longer than the answer is waited for
        began = time.monotonic()
        for number in range(3):
            screen.type(f"!echo $((40 + {number}))\r").wait_for(f"\n{40 + number}").wait_for("❯").settle(0.1)
        assert time.monotonic() - began < 3
        assert not screen.shows("WARNING")


@pytest.mark.parametrize("columns", [0, 1, 2])
def test_a_screen_of_hardly_any_width_runs_lines(home, columns):
    with Screen.machsh(home, columns=80) as screen:
        fcntl.ioctl(screen.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        screen.wait_until(lambda: b"l" in screen.raw, "the prompt")
        screen.settle(0.3).type("exit 7\r")
        assert screen.wait_end() == 7
