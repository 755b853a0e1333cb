"""Asks whether UDP packets of a cluster arrive between hosts where nothing listens yet.

On all hosts at the same time a small program listens on the ports and sends to all others until it has heard
from everyone. It is perl's or python's, whichever a host has: bash can send packets, but receive none.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from machsh.machine.machine import Machine
from machsh.machine.parallel import run_all

PORTS = (7946, 4789)
"""Of the gossip between nodes, and of overlay networks' packets."""
LISTEN_SECONDS = 3.0
"""How long a host that has not heard from all goes on; the hosts do not begin at the same moment."""
SECONDS = 20.0
_NO_PROGRAM, _TAKEN, _HEARD = "nothing", "taken", "heard"

# Having heard all, a program sends for a while longer: the others may have begun later.
# Debian's smallest perl has no clock finer than a second: rounds of 50 ms are counted.
_PERL = r"""
use IO::Select; use IO::Socket::INET; use Socket;
my ($token, $own, $ports, $seconds, @others) = @ARGV;
my ($heard, $rounds, %heard, %port, @sockets) = (0, $seconds * 20);
for my $port (split /,/, $ports) {
  my $socket = IO::Socket::INET->new(Proto => 'udp', LocalPort => $port);
  if (!$socket) { print "taken $port\n"; next }
  $port{$socket} = $port; push @sockets, $socket;
}
my $select = IO::Select->new(@sockets);
while (@sockets && $rounds-- > 0) {
  for my $socket (@sockets) { for my $other (@others) {
    $socket->send("$token $own", 0, pack_sockaddr_in($port{$socket}, inet_aton($other)));
  } }
  select undef, undef, undef, 0.05;
  for (1 .. 100) {
    my @ready = $select->can_read(0) or last;
    for my $socket (@ready) {
      $socket->recv(my $text, 256);
      my ($given, $from) = split / /, $text // '';
      next if ($given // '') ne $token || $from !~ /^\d{1,4}$/ || $heard{"$from $port{$socket}"}++;
      print "heard $from $port{$socket}\n";
      $rounds = 8 if ++$heard == @others * @sockets;
    }
  }
}
"""
_PYTHON = r"""
import select, socket, sys, time
token, own, ports, seconds = sys.argv[1:5]
others, sockets, heard, last = sys.argv[5:], {}, set(), 0.0
ends = time.monotonic() + float(seconds)
for port in map(int, ports.split(",")):
    try:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("", port))
        sockets[one] = port
    except OSError:
        print("taken", port)
while sockets and time.monotonic() < ends:
    if time.monotonic() - last > 0.1:
        last = time.monotonic()
        for one, port in sockets.items():
            for other in others:
                try:
                    one.sendto(f"{token} {own}".encode(), (other, port))
                except OSError:
                    pass
    for one in select.select(list(sockets), [], [], 0.05)[0]:
        given, _, sender = one.recv(256).decode("latin-1").partition(" ")
        if given == token and sender.isdigit() and (sender, sockets[one]) not in heard:
            heard.add((sender, sockets[one]))
            print("heard", sender, sockets[one])
            if len(heard) == len(others) * len(sockets):
                ends = time.monotonic() + 0.4
"""
_SCRIPT = """
perl=$1 python=$2; shift 2
if command -v perl >/dev/null; then exec perl -e "$perl" -- "$@"
elif command -v python3 >/dev/null; then exec python3 -c "$python" "$@"
else echo nothing
fi
"""


@dataclass(frozen=True, slots=True)
class UdpAnswer:
    """What one host has heard."""

    name: str
    heard: frozenset[tuple[str, int]] = frozenset()
    """(machine, port) from which packets arrived."""
    taken: tuple[int, ...] = ()
    """Ports on which something listens already: of them nothing is known."""
    was_asked: bool = True
    """Whether the host has a program that can listen, and has run it."""


def ask_udp(machines: Sequence[Machine]) -> list[UdpAnswer]:
    """Let the hosts send to each other, side by side, for at most SECONDS. IPv6 is not asked."""
    addresses = {machine.name: machine.ip() for machine in machines}
    asked = [machine for machine in machines if ":" not in addresses[machine.name]]
    if len(asked) < 2:
        return []
    token, names = secrets.token_hex(8), [machine.name for machine in asked]
    tasks = [_asking(machine, token, names, addresses) for machine in asked]
    outcomes = run_all(tasks, SECONDS)
    return [
        outcome.value or UdpAnswer(name, was_asked=False)
        for name, outcome in zip(names, outcomes, strict=True)
    ]


def _asking(
    machine: Machine, token: str, names: Sequence[str], addresses: dict[str, str]
) -> Callable[[], UdpAnswer]:
    others = [addresses[name] for name in names if name != machine.name]
    own, ports = str(names.index(machine.name)), ",".join(map(str, PORTS))
    words = [_PERL, _PYTHON, token, own, ports, str(LISTEN_SECONDS), *others]

    def ask(words: Sequence[str]) -> UdpAnswer:
        done = machine.runner().run(["sh", "-c", _SCRIPT, "sh", *words], seconds=SECONDS)
        if done.code:
            return UdpAnswer(machine.name, was_asked=False)
        return read_heard(machine.name, done.stdout, names)

    return partial(ask, words)


def read_heard(name: str, text: str, names: Sequence[str]) -> UdpAnswer:
    """Read what a host has printed; `names` are the machines in the order of their numbers."""
    heard, taken = set(), []
    for words in (line.split() for line in text.splitlines()):
        if words == [_NO_PROGRAM]:
            return UdpAnswer(name, was_asked=False)
        if any(not word.isdecimal() for word in words[1:]):
            continue
        if words[:1] == [_TAKEN] and len(words) == 2:
            taken.append(int(words[1]))
        elif words[:1] == [_HEARD] and len(words) == 3 and int(words[1]) < len(names):
            heard.add((names[int(words[1])], int(words[2])))
    return UdpAnswer(name, frozenset(heard), tuple(taken))


def udp_warnings(answers: Sequence[UdpAnswer]) -> list[str]:
    """Return what does not arrive, and what could not be asked."""
    found = []
    for port in PORTS:
        listening = [one for one in answers if one.was_asked and port not in one.taken]
        for to, sender in product(listening, listening):
            if to is not sender and (sender.name, port) not in to.heard:
                found.append(
                    f'{port}/udp from "{sender.name}" does not arrive at "{to.name}": overlay networks will '
                    "not work between them; open 7946/udp and 4789/udp between the machines"
                )
    unasked = [one.name for one in answers if not one.was_asked]
    if unasked:
        ports = " and ".join(f"{port}/udp" for port in PORTS)
        found.append(f"{ports} were not asked of {', '.join(unasked)}: no perl, no python3, or no answer")
    return found
