"""What machines need from each other and from their kernels to form a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from machsh.cluster.address_pools import Routes, network_of
from machsh.cluster.udp_probe import UdpAnswer, udp_questions, udp_warnings
from machsh.errors import MachshError, RefusedError
from machsh.machine.machine import Machine
from machsh.machine.parallel import run_all
from machsh.progress import Progress

SECONDS = 30.0
MOST_CLOCKS_APART = 30.0
"""Seconds between two clocks: beyond that the order of logs and the age of leases are misleading."""
TCP_PORTS = (2377, 7946)
"""The managers' port, and the port of the gossip between nodes."""
DNSRR = "use `--endpoint-mode dnsrr` and ports published with `mode=host`"
_FILTERED, _MTU, _ROUTE = "filtered", "mtu", "route"
VXLAN_BYTES = 50
"""The overhead of an overlay network on each packet, in bytes."""
OVERLAY_MTU = 1450
"""The default MTU of an overlay network, whatever the hosts' MTU is."""

# A port where nothing listens yet answers with a refusal; one behind a firewall answers nothing.
_QUESTION = """
date +%s.%N 2>/dev/null || date +%s
hostname
[ -e /proc/net/ip_vs ] || modprobe -n ip_vs 2>/dev/null && echo ip_vs || echo
[ -d /sys/module/vxlan ] || modprobe -n vxlan 2>/dev/null && echo vxlan || echo
own=$1; shift
device=$(ip -o addr show 2>/dev/null | awk -v own="$own/" 'index($4, own) == 1 { print $2; exit }')
[ "$device" ] || device=$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route)
echo "mtu $(cat "/sys/class/net/$device/mtu" 2>/dev/null)"
ip -4 route show 2>/dev/null | while read -r network rest; do echo "route $network"; done
for place in "$@"; do
  host=${place%/*} port=${place##*/}
  if command -v bash >/dev/null && command -v timeout >/dev/null; then
    timeout 3 bash -c "exec 3<>/dev/tcp/$host/$port" 2>/dev/null
    [ $? = 124 ] && echo "$place filtered" || echo "$place ok"
  fi
done
"""


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What one host reports about itself and its connections to the others."""

    name: str
    clock: float = 0.0
    host_name: str = ""
    has_ip_vs: bool = False
    has_vxlan: bool = False
    filtered: tuple[str, ...] = ()
    """`HOST/PORT` of the ports that did not answer."""
    mtu: int = 0
    """MTU of the interface with the host's address, in bytes; 0 if unknown."""
    routes: tuple[IPv4Network, ...] = ()


def check_hosts(
    machines: Sequence[Machine],
    members: Mapping[str, str],
    progress: Progress,
    there: Sequence[Machine] = (),
) -> Routes:
    """Query all hosts in parallel over ssh, warn of what will not work, and return their routes.

    `members` are the nodes that are in the cluster already: name -> address; of these, `there` are machines
    that take part in the question for UDP. Machines without ssh are not asked. Raises RefusedError for what
    cannot work.
    """
    addresses = {**members, **{machine.name: machine.ip() for machine in machines}}
    asked = [machine for machine in machines if _has_ssh(machine)]
    udp = udp_questions([*asked, *(machine for machine in there if _has_ssh(machine))])
    outcomes = run_all([*(_asking(machine, addresses) for machine in asked), *udp.values()], SECONDS)
    answers = []
    for machine, outcome in zip(asked, outcomes[: len(asked)], strict=True):
        if isinstance(outcome.error, MachshError):
            raise RefusedError(f'"{machine.name}": {outcome.error}', hint=outcome.error.hint)
        if isinstance(outcome.value, HostAnswer):
            answers.append(outcome.value)
    names = {address: name for name, address in addresses.items()}
    for problem in refusals(answers, names):
        raise problem
    heard = [
        outcome.value if isinstance(outcome.value, UdpAnswer) else UdpAnswer(name, was_asked=False)
        for name, outcome in zip(udp, outcomes[len(asked) :], strict=True)
    ]
    for text in (*warnings(answers), *udp_warnings(heard)):
        progress.warning(text)
    return {answer.name: answer.routes for answer in answers}


def _has_ssh(machine: Machine) -> bool:
    return machine.driver.ssh_target() is not None


def _asking(machine: Machine, addresses: dict[str, str]) -> Callable[[], HostAnswer]:
    others = [address for name, address in addresses.items() if name != machine.name]
    places = [f"{address}/{port}" for address in others for port in TCP_PORTS]

    def ask() -> HostAnswer:
        done = machine.runner().run(
            ["sh", "-c", _QUESTION, "sh", addresses[machine.name], *places], seconds=SECONDS
        )
        return read_answer(machine.name, done.stdout)

    return ask


def read_answer(name: str, text: str) -> HostAnswer:
    """Parse the output of the script. Raises MachshError if it is incomplete."""
    lines = text.splitlines()
    try:
        clock, host_name, ip_vs, vxlan = float(lines[0]), lines[1], lines[2], lines[3]
    except (IndexError, ValueError) as error:
        raise MachshError("the host's answer is not whole", hint=f"try it: machsh ssh {name} date") from error
    pairs = [(first, how) for first, _, how in (line.partition(" ") for line in lines[4:])]
    mtu = next((int(how) for first, how in pairs if first == _MTU and how.isdecimal()), 0)
    networks = [network_of(how) for first, how in pairs if first == _ROUTE]
    return HostAnswer(
        name,
        clock,
        host_name,
        ip_vs == "ip_vs",
        vxlan == "vxlan",
        filtered=tuple(place for place, how in pairs if how == _FILTERED),
        mtu=mtu,
        routes=tuple(network for network in networks if network is not None),
    )


def refusals(answers: Sequence[HostAnswer], names: dict[str, str]) -> list[RefusedError]:
    """Return the reasons why these hosts cannot form a cluster. `names`: address -> machine."""
    found = []
    for answer in answers:
        for place in answer.filtered:
            address, _, port = place.partition("/")
            found.append(
                RefusedError(
                    f'"{answer.name}" does not reach port {port} of "{names.get(address, address)}" '
                    f"({address})",
                    hint="open 2377/tcp, 7946/tcp, 7946/udp and 4789/udp between the machines",
                )
            )
    return found


def warnings(answers: Sequence[HostAnswer]) -> list[str]:
    """Return what will not work, or may surprise, in a cluster of these hosts."""
    found = []
    by_host: dict[str, list[str]] = {}
    for answer in answers:
        by_host.setdefault(answer.host_name, []).append(answer.name)
    for host_name, same in by_host.items():
        if len(same) > 1:
            found.append(
                f"{', '.join(same)} have the same host name, {host_name}: nodes are hard to tell apart"
            )
    clocks = [answer.clock for answer in answers]
    if clocks and max(clocks) - min(clocks) > MOST_CLOCKS_APART:
        found.append(f"the machines' clocks are {max(clocks) - min(clocks):.0f} s apart: set them by NTP")
    without = [answer.name for answer in answers if not answer.has_ip_vs]
    if without:
        found.append(
            f"{_have(without)} no IP_VS in the kernel: virtual addresses of services and the routing mesh "
            f"will silently not work there; {DNSRR}"
        )
    bare = [answer.name for answer in answers if not answer.has_vxlan]
    if bare:
        found.append(f"{_have(bare)} no vxlan in the kernel: overlay networks will not work there")
    return [*found, *_mtu_warnings(answers)]


def _mtu_warnings(answers: Sequence[HostAnswer]) -> list[str]:
    mtus = {answer.name: answer.mtu for answer in answers if answer.mtu}
    least = min(mtus.values(), default=OVERLAY_MTU + VXLAN_BYTES) - VXLAN_BYTES
    said = ", ".join(f"{name} {mtu}" for name, mtu in mtus.items())
    if least < OVERLAY_MTU:
        return [
            f"the MTU of the hosts ({said}) is below what overlay networks need, and large packets would be "
            f"lost in silence: make networks with -o com.docker.network.driver.mtu={least}"
        ]
    if len(set(mtus.values())) > 1:
        return [f"the MTU of the hosts differs ({said}): overlay networks must not have more than {least}"]
    return []


def _have(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'has' if len(names) == 1 else 'have'}"
