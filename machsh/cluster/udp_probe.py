"""Tests whether a cluster's UDP packets arrive between the hosts.

On all hosts at the same time a small program listens on the ports and sends to all others until it has heard
from everyone. It is perl's or python's, whichever a host has: bash can send packets, but receive none.

On a host that is in a cluster the engine or the kernel has the ports. There the program listens on a raw
socket, which gets a copy of each packet that the host's firewall lets through, whoever has its port; it needs
root. The engine notes in its log that it does not understand these packets.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from machsh.machine.machine import Machine

PORTS = (7946, 4789)
"""The ports of the gossip between nodes, and of overlay networks."""
LISTEN_SECONDS = 3.0
"""How long a host waits for packets from the others; the hosts do not start at the same moment."""
SECONDS = 20.0
_NO_PROGRAM, _TAKEN, _HEARD = "nothing", "taken", "heard"

# A program that has heard all says so in what it sends. It ends when all others have said so, too, or a while
# later: they may have begun later.
# Debian's smallest perl has no clock finer than a second: rounds of 50 ms are counted, every other one sends.
# Overlay packets come from any port, gossip from its own: a firewall that lets answers in tells them apart.
# A raw socket gets packets with their IP header, and on a busy host many: the kernel picks ours. Its filter
# loads the IP header's length, then the word behind the UDP header, and compares that.
# "prob" is no message of the gossip, and no VXLAN header: those have bit 3 of the first byte set.
_PERL = r"""
use IO::Select; use IO::Socket::INET; use Socket;
my ($token, $own, $ports, $seconds, @others) = @ARGV;
my ($heard, $done, $rounds, $all, %heard, %done, %port, %own, %taken, @sockets) = (0, 0, $seconds * 20, 0);
my $filter = pack '(SCCL)*', 0xb1, 0, 0, 0, 0x40, 0, 0, 8, 0x15, 0, 1, 0x70726f62, 6, 0, 0, 65535, 6, 0, 0, 0;
socket my $any, PF_INET, SOCK_DGRAM, 17;
my $raw;
socket($raw, PF_INET, SOCK_RAW, 17) or undef $raw;
setsockopt $raw, SOL_SOCKET, 26, pack 'Sx![L!]P', 5, $filter if $raw;
for my $port (split /,/, $ports) {
  my $socket = IO::Socket::INET->new(Proto => 'udp', LocalPort => $port);
  if (!$socket && !$raw) { print "taken $port\n"; next }
  if ($socket) { $port{$socket} = $port; push @sockets, $socket } else { $taken{$port} = 1 }
  $own{$port} = $socket && $port != 4789 ? $socket : $any;
  $all += @others;
}
push @sockets, $raw if %taken;
my $select = IO::Select->new(@sockets);
sub tell_all {
  my $has_heard = $heard == $all ? 1 : 0;
  for my $port (keys %own) { for my $other (@others) {
    send $own{$port}, "probe $token $own $has_heard", 0, pack_sockaddr_in($port, inet_aton($other));
  } }
}
while (@sockets && $rounds-- > 0) {
  tell_all() if $rounds % 2 || $heard == $all;
  select undef, undef, undef, 0.05;
  for (1 .. 100) {
    my @ready = $select->can_read(0) or last;
    for my $socket (@ready) {
      recv $socket, my $text, 1024, 0;
      my $port = $port{$socket};
      if (!$port) {
        my $start = 4 * (15 & ord $text);
        $port = unpack 'n', substr $text, $start + 2, 2;
        next if !$taken{$port};
        $text = substr $text, $start + 8;
      }
      my (undef, $given, $from, $has_heard) = split / /, $text // '';
      next if ($given // '') ne $token || $from !~ /^\d{1,4}$/;
      $done++ if $has_heard && !$done{$from}++;
      next if $heard{"$from $port"}++;
      print "heard $from $port\n";
      $rounds = 8 if ++$heard == $all;
    }
  }
  if ($heard == $all && $done == @others) { tell_all(); last }
}
"""
_PYTHON = r"""
import ctypes, select, socket, struct, sys, time
token, own, ports, seconds = sys.argv[1:5]
others, sockets, taken, senders, heard, done, last = sys.argv[5:], {}, set(), {}, set(), set(), 0.0
ends = time.monotonic() + float(seconds)
anyone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
steps = [(0xb1, 0, 0, 0), (0x40, 0, 0, 8), (0x15, 0, 1, 0x70726f62), (6, 0, 0, 65535), (6, 0, 0, 0)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
try:
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    raw.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", len(steps), ctypes.addressof(code)))
except OSError:
    raw = None
for port in map(int, ports.split(",")):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        one.bind(("", port))
        sockets[one] = port
        senders[port] = anyone if port == 4789 else one
    except OSError:
        if raw is None:
            print("taken", port)
            continue
        sockets[raw] = 0
        senders[port] = anyone
        taken.add(port)

def has_heard_all():
    return len(heard) == len(others) * len(senders)

def tell_all():
    for port, one in senders.items():
        for other in others:
            try:
                one.sendto(f"probe {token} {own} {int(has_heard_all())}".encode(), (other, port))
            except OSError:
                pass

while sockets and time.monotonic() < ends:
    if time.monotonic() - last > 0.1:
        last = time.monotonic()
        tell_all()
    for one in select.select(list(sockets), [], [], 0.05)[0]:
        got, port = one.recv(1024), sockets[one]
        if one is raw:
            start = 4 * (got[0] & 15)
            port, got = int.from_bytes(got[start + 2:start + 4], "big"), got[start + 8:]
        words = got.decode("latin-1").split(" ")
        if one is raw and port not in taken:
            continue
        if len(words) != 4 or words[1] != token or not words[2].isdigit():
            continue
        if words[3] == "1":
            done.add(words[2])
        if (words[2], port) not in heard:
            heard.add((words[2], port))
            print("heard", words[2], port)
            if has_heard_all():
                ends, last = time.monotonic() + 0.4, 0.0
    if has_heard_all() and len(done) == len(others):
        tell_all()
        break
"""
_SCRIPT = """
perl=$1 python=$2 sudo=; shift 2
[ "$(id -u)" = 0 ] || { sudo -n true 2>/dev/null && sudo="sudo -n"; }
if command -v perl >/dev/null; then exec $sudo perl -e "$perl" -- "$@"
elif command -v python3 >/dev/null; then exec $sudo python3 -c "$python" "$@"
else echo nothing
fi
"""


@dataclass(frozen=True, slots=True)
class UdpAnswer:
    """The packets that one host received."""

    name: str
    heard: frozenset[tuple[str, int]] = frozenset()
    """(machine, port) of the packets that arrived."""
    taken: tuple[int, ...] = ()
    """Ports in use by other programs, where the probe could not listen; nothing is known about them."""
    was_asked: bool = True
    """Whether the host could run the probe."""


def udp_questions(machines: Sequence[Machine]) -> dict[str, Callable[[], UdpAnswer]]:
    """Return a task for each machine; run in parallel, they make the hosts send to each other.

    A task raises MachshError if the host cannot be reached. Machines with IPv6 are left out.
    """
    addresses = {machine.name: machine.ip() for machine in machines}
    asked = [machine for machine in machines if ":" not in addresses[machine.name]]
    if len(asked) < 2:
        return {}
    token, names = secrets.token_hex(8), [machine.name for machine in asked]
    return {machine.name: _asking(machine, token, names, addresses) for machine in asked}


def _asking(
    machine: Machine, token: str, names: Sequence[str], addresses: dict[str, str]
) -> Callable[[], UdpAnswer]:
    others = [addresses[name] for name in names if name != machine.name]
    own, ports = str(names.index(machine.name)), ",".join(map(str, PORTS))
    words = [_PERL, _PYTHON, token, own, ports, str(LISTEN_SECONDS), *others]

    def ask() -> UdpAnswer:
        done = machine.runner().run(["sh", "-c", _SCRIPT, "sh", *words], seconds=SECONDS)
        if done.code:
            return UdpAnswer(machine.name, was_asked=False)
        return read_heard(machine.name, done.stdout, names)

    return ask


def read_heard(name: str, text: str, names: Sequence[str]) -> UdpAnswer:
    """Parse a host's output; `names` are the machines in the order of their numbers."""
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
    """Return warnings about packets that did not arrive, and hosts that could not be tested."""
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
