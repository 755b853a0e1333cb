"""Runs in VirtualBox's container, with pyvbox and the real bindings: uses the API's way, and prints what it saw as JSON.

ask_by_pyvbox.py VM: the VM is registered, and off.
"""

import json
import sys
import threading
import time
from pathlib import Path

from machsh.drivers.driver import State
from machsh.drivers.virtualbox.hypervisors import pyvbox_bindings
from machsh.drivers.virtualbox.hypervisors.hypervisor import VmNotFoundError
from machsh.drivers.virtualbox.hypervisors.pyvbox_hypervisor import PyVBox
from machsh.drivers.virtualbox.hypervisors.vboxmanage import VBoxManage
from machsh.testing.fakes import fake_context


def refusal(work) -> str:
    try:
        pyvbox_bindings.call(context.environment, 30, "trial", work)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def create(bindings):
    bindings.box.create_machine("", "by-pyvbox", [], "", "")


def read_state_as_pyvbox_does(bindings):
    return str(bindings.box.find_machine(vm).state)


vm = sys.argv[1]
context = fake_context(Path("/tmp"), seconds=30)
commands = VBoxManage(context)
box = PyVBox(context, commands)
seen: dict[str, object] = {"versions": [box.version(), commands.version()]}
by_api, by_command = box.info(vm), commands.info(vm)
seen["same"] = [
    [getattr(one, name) for name in ("name", "uuid", "changed")] + [one.state.value]
    for one in (by_api, by_command)
]
seen["memory"] = by_api.values["memory"]
seen["all"] = [{name: info.state.value for name, info in way.all().items()} for way in (box, commands)]
box.set_guest_property(vm, "/machsh/word", "by pyvbox")
seen["properties"] = [
    way.guest_property(vm, name) for name in ("/machsh/word", "/machsh/none") for way in (box, commands)
]
try:
    box.info("nosuch")
except VmNotFoundError as error:
    seen["missing"] = str(error)

starting = threading.Timer(1.0, box.start, [vm, "headless"])
starting.start()
began = time.monotonic()
seen["after_off"] = box.wait_while(vm, State.STOPPED, 60).value
seen["waited"] = time.monotonic() - began
starting.join()
box.wait_while(vm, State.STARTING, 60)
seen["running"] = box.info(vm).state.value
seen["running_by_pyvbox_itself"] = pyvbox_bindings.call(
    context.environment, 30, "state", read_state_as_pyvbox_does
)
box.set_guest_property(vm, "/machsh/word", "while it runs")
seen["property_while_running"] = box.guest_property(vm, "/machsh/word")
ending = threading.Timer(1.0, box.run, ["controlvm", vm, "poweroff"])
ending.start()
seen["after_running"] = box.wait_while(vm, State.RUNNING, 60).value
ending.join()
seen["still"] = box.wait_while(vm, State.RUNNING, 1).value
seen["creation"] = refusal(create)
times = []
for way in (box, commands):
    began = time.monotonic()
    way.info(vm)
    times.append(time.monotonic() - began)
seen["seconds"] = times
print(json.dumps(seen))
