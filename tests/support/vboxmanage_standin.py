#!/usr/bin/env python3
"""A VBoxManage without VirtualBox: it keeps VMs in a file, answers in the real one's forms, refuses what it refuses.

`install(folder)` of `virtualbox.py` puts it on a PATH. It reads VBOX_STANDIN (its folder), VBOX_STANDIN_VERSION (5.2, 6.1,
7.0 or 7.2) and VBOX_STANDIN_MODULE (`no`: without the kernel module). `faults.json` in its folder makes calls fail, `calls`
lists all calls. Forms: tests/cases/virtualbox, where each file says where it is from. A started VM is a process that greets
as sshd on the forwarded port.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid

FOLDER = os.environ.get("VBOX_STANDIN", "")
VERSIONS = {
    "5.2": "5.2.44r139111",
    "6.1": "6.1.50r161033",
    "7.0": "7.0.20r163906",
    "7.2": "7.2.22_Debianr175245",
}
SHORT = os.environ.get("VBOX_STANDIN_VERSION", "7.2")
NUMBERS = tuple(int(part) for part in SHORT.split("."))
HAS_MODULE = os.environ.get("VBOX_STANDIN_MODULE", "yes") != "no"
WARNING = (
    "WARNING: The character device /dev/vboxdrv does not exist.\n"
    "\t Please install the virtualbox-dkms package and the appropriate\n"
    "\t headers, most likely linux-headers-v782.\n\n"
    "\t You will not be able to start VMs until this problem is fixed.\n"
)
PROGRESS = "0%...10%...20%...30%...40%...50%...60%...70%...80%...90%...100%\n"
GUEST_SECONDS = 180
OPTIONS = {
    "firmware", "bioslogofadein", "bioslogofadeout", "bioslogodisplaytime", "biosbootmenu", "ostype", "cpus", "memory", "acpi",
    "ioapic", "rtcuseutc", "natdnshostresolver1", "natdnsproxy1", "cpuhotplug", "pae", "hpet", "hwvirtex", "nestedpaging",
    "largepages", "vtxvpid", "accelerate3d", "boot1", "nic1", "nictype1", "cableconnected1", "nic2", "nictype2", "nicpromisc2",
    "hostonlyadapter2", "cableconnected2", "macaddress1", "macaddress2", "natpf1", "uart1", "uartmode1", "name",
}  # fmt: skip
"""What this driver's calls need of modifyvm, of all that the real one has."""
SINCE_7 = {"host-only-net2", "nat-localhostreachable1"}
NIC_TYPES = {"Am79C970A", "Am79C973", "82540EM", "82543GC", "82545EM", "virtio"}
NOT_FOUND = (
    "VBoxManage: error: Could not find a registered machine named '{}'\n"
    "VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component VirtualBoxWrap, "
    "interface IVirtualBox, callee nsISupports\n"
    'VBoxManage: error: Context: "FindMachine(Bstr(VMNameOrUuid).raw(), machine.asOutParam())" '
    "at line 3248 of file VBoxManageInfo.cpp"
)
LOCKED = (
    "VBoxManage: error: The machine '{}' is already locked for a session (or being unlocked)\n"
    "VBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, "
    "interface IMachine, callee nsISupports\n"
    'VBoxManage: error: Context: "LockMachine(a->session, LockType_Write)" at line 901 of file VBoxManageModifyVM.cpp'
)
LONG_STATES = {"poweroff": "powered off"}


class RefusedCallError(Exception):
    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def error(text, code="", where=""):
    lines = [f"VBoxManage: error: {text}"]
    if code:
        lines.append(
            f"VBoxManage: error: Details: code {code}, component MachineWrap, interface IMachine, callee nsISupports"
        )
    if where:
        lines.append(f'VBoxManage: error: Context: "{where}" at line 1 of file VBoxManage.cpp')
    return RefusedCallError("\n".join(lines))


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() % 1_000_000_000:09d}"


def changed(vm, state):
    vm["state"], vm["since"] = state, now()


def find(box, word):
    for vm in box["vms"]:
        if word in (vm["name"], vm["uuid"]):
            return vm
    raise RefusedCallError(NOT_FOUND.format(word))


def mutable(vm):
    if vm["state"] in ("running", "paused") or vm.get("locked"):
        raise RefusedCallError(LOCKED.format(vm["name"]))
    return vm


def options(words):
    """Options with one value each, in order; `delete` of natpf and `file` of uartmode take a second one."""
    left = list(words)
    while left:
        name = left.pop(0)
        if not name.startswith("--"):
            raise error(f"Invalid parameter '{name}'")
        key = name[2:]
        count = (
            2
            if key == "uart1" or (left[:1] == ["delete"]) or (key == "uartmode1" and left[:1] == ["file"])
            else 1
        )
        values = [left.pop(0) for _ in range(min(count, len(left)))]
        yield key, values


def createvm(box, words):
    given = dict(zip(words[::2], words[1::2], strict=False)) if "--register" not in words else {}
    plain = [word for word in words if word != "--register"]
    given = dict(zip(plain[::2], plain[1::2], strict=True))
    if "--platform-architecture" in given and NUMBERS < (7, 1):
        raise error("Unknown option: --platform-architecture")
    name, base = given["--name"], given["--basefolder"]
    settings = f"{base}/{name}/{name}.vbox"
    if os.path.exists(settings):
        raise error(
            f"Machine settings file '{settings}' already exists",
            "VBOX_E_FILE_ERROR (0x80bb0004)",
            "CreateMachine(...)",
        )
    os.makedirs(os.path.dirname(settings))
    vm = {
        "name": name,
        "uuid": str(uuid.uuid4()),
        "settings": settings,
        "values": {},
        "forwards": [],
        "media": {},
    }
    vm |= {"controllers": [], "shares": {}, "properties": {}, "snapshots": [], "extra": {}, "current": ""}
    changed(vm, "poweroff")
    box["vms"].append(vm)
    return f"Virtual machine '{name}' is created and registered.\nUUID: {vm['uuid']}\nSettings file: '{settings}'\n"


def modifyvm(box, words):
    vm = find(box, words[0])
    given = list(options(words[1:]))
    for key, values in given:
        if key not in OPTIONS and not (key in SINCE_7 and NUMBERS >= (7, 0)):
            raise error(f"Unknown option: --{key}")
        if key.startswith("nictype") and values[0] not in NIC_TYPES:
            raise error(f"Invalid NIC type '{values[0]}' specified for NIC {key[-1]}")
    mutable(vm)
    warnings = ""
    for key, values in given:
        if key == "natpf1":
            natpf(vm, values)
        elif key == "name":
            rename(vm, values[0])
        else:
            vm["values"][key] = " ".join(values)
        if key == "hostonlyadapter2" and values[0] not in [one["name"] for one in box["adapters"]]:
            warnings += f'VBoxManage: warning: Interface "{values[0]}" doesn\'t seem to exist\n'
    sys.stderr.write(warnings)
    return ""


def natpf(vm, values):
    if values[0] == "delete":
        kept = [rule for rule in vm["forwards"] if rule.split(",")[0] != values[1]]
        if kept == vm["forwards"]:
            text = "Code NS_ERROR_INVALID_ARG (0x80070057) - Invalid argument value (extended info not available)"
            raise error(text, where="RemoveRedirect(Bstr(ValueUnion.psz).raw())")
        vm["forwards"] = kept
        return
    if values[0].split(",")[0] in [rule.split(",")[0] for rule in vm["forwards"]]:
        raise error(
            "A NAT rule of this name already exists", "NS_ERROR_INVALID_ARG (0x80070057)", "AddRedirect(...)"
        )
    vm["forwards"].append(values[0])


def rename(vm, name):
    old = os.path.dirname(vm["settings"])
    new = os.path.join(os.path.dirname(old), name)
    os.rename(old, new)
    with contextlib.suppress(FileNotFoundError):
        os.rename(f"{new}/{os.path.basename(vm['settings'])}", f"{new}/{name}.vbox")
    vm["name"], vm["settings"] = name, f"{new}/{name}.vbox"


def storagectl(box, words):
    vm = mutable(find(box, words[0]))
    name = dict(zip(words[1::2], words[2::2], strict=True))["--name"]
    if name in vm["controllers"]:
        raise error(
            f"Storage controller named '{name}' already exists",
            "VBOX_E_OBJECT_IN_USE (0x80bb000c)",
            "AddStorageController(...)",
        )
    vm["controllers"].append(name)
    return ""


def storageattach(box, words):
    vm = mutable(find(box, words[0]))
    given = dict(zip(words[1::2], words[2::2], strict=True))
    medium, kind = given["--medium"], given["--type"]
    tail = "OpenMedium(Bstr(pszFilenameOrUuid).raw(), enmDevType, enmAccessMode, fForceNewUuidOnOpen, pMedium.asOutParam())"
    if not os.path.exists(medium):
        text = f"Could not find file for the medium '{medium}' (VERR_FILE_NOT_FOUND)"
        raise RefusedCallError(
            f'{error(text, "VBOX_E_FILE_ERROR (0x80bb0004)", tail)}\nVBoxManage: error: Invalid UUID or filename "{medium}"'
        )
    if kind == "dvddrive":
        with open(medium, "rb") as file:
            file.seek(0x8001)
            if file.read(5) != b"CD001":
                text = f"Could not get the storage format of the medium '{medium}' (VERR_NOT_SUPPORTED)"
                raise RefusedCallError(
                    f'{error(text, "VBOX_E_IPRT_ERROR (0x80bb0005)", tail)}\nVBoxManage: error: Invalid UUID or filename "{medium}"'
                )
    else:
        box["media"].setdefault(medium, "")
    vm["media"][f"{given['--storagectl']}-{given['--port']}-{given['--device']}"] = medium
    return ""


def guestproperty(box, words):
    vm = find(box, words[1])
    if words[0] == "set":
        vm["properties"][words[2]] = words[3]
        return ""
    value = vm["properties"].get(words[2])
    return "No value set!\n" if value is None else f"Value: {value}\n"


def sharedfolder(box, words):
    vm = find(box, words[1])
    plain = [word for word in words[2:] if word != "--automount"]
    given = dict(zip(plain[::2], plain[1::2], strict=True))
    if given["--name"] in vm["shares"]:
        raise error(
            f"Shared folder named '{given['--name']}' already exists",
            "VBOX_E_OBJECT_IN_USE (0x80bb000c)",
            "CreateSharedFolder(...)",
        )
    vm["shares"][given["--name"]] = given["--hostpath"]
    return ""


def setextradata(box, words):
    find(box, words[0])["extra"][words[1]] = words[2]
    return ""


def hostonlyif(box, words):
    if words[0] == "create":
        if not HAS_MODULE:
            sys.stderr.write("0%...NS_ERROR_FAILURE\n")
            text = "VBoxNetAdpCtl: Error while adding new interface: failed to open /dev/vboxnetctl: No such file or directory"
            raise RefusedCallError(
                f"VBoxManage: error: Failed to create the host-only adapter\nVBoxManage: error: {text}\nVBoxManage: error: Details: code "
                "NS_ERROR_FAILURE (0x80004005), component HostNetworkInterfaceWrap, interface IHostNetworkInterface\n"
                'VBoxManage: error: Context: "RTEXITCODE handleCreate(HandlerArg*)" at line 105 of file VBoxManageHostonly.cpp'
            )
        name = f"vboxnet{len(box['adapters'])}"
        if not box.get("invisible"):
            box["adapters"].append({"name": name, "ip": "192.168.56.1", "mask": "255.255.255.0"})
        sys.stderr.write(PROGRESS)
        return f"Interface '{name}' was successfully created\n\n"
    adapter = next((one for one in box["adapters"] if one["name"] == words[1]), None)
    if adapter is None:
        text = f"The host network interface named '{words[1]}' could not be found"
        raise error(
            text,
            "NS_ERROR_INVALID_ARG (0x80070057)",
            "FindHostNetworkInterfaceByName(Bstr(pszName).raw(), hif.asOutParam())",
        )
    given = dict(zip(words[2::2], words[3::2], strict=True))
    if NUMBERS >= (6, 1) and not given["--ip"].startswith(
        tuple(f"192.168.{number}." for number in range(56, 64))
    ):
        text = "Code E_ACCESSDENIED (0x80070005) - Access denied (extended info not available)"
        raise error(text, where="EnableStaticIPConfig(Bstr(pszIp).raw(), Bstr(pszNetmask).raw())")
    adapter |= {"ip": given["--ip"], "mask": given["--netmask"]}
    return ""


def hostonlynet(box, words):
    if NUMBERS < (7, 0) or (sys.platform == "linux" and not box.get("is_mac")):
        raise error("Invalid command 'hostonlynet'")
    plain = [word for word in words[1:] if word != "--enable"]
    box["networks"].append(dict(zip(plain[::2], plain[1::2], strict=True)))
    return ""


def dhcpserver(box, words):
    plain = [word for word in words[1:] if word not in ("--enable", "--disable")]
    given = dict(zip(plain[::2], plain[1::2], strict=True))
    name = given["--netname"]
    if words[0] == "remove":
        if name not in box["servers"]:
            raise error(f"Failed to find DHCP server for network '{name}'")
        del box["servers"][name]
        return ""
    if words[0] == "add" and name in box["servers"]:
        raise RefusedCallError("VBoxManage: error: DHCP server already exists", 2)
    server = {key: given[f"--{key}"] for key in ("ip", "netmask", "lowerip", "upperip")}
    box["servers"][name] = server | {"enabled": "--enable" in words}
    return ""


def list_(box, words):
    if words[0] == "vms":
        if set(words) & {"--long", "-l"}:
            return "\n\n".join(long_form(vm) for vm in box["vms"])
        return "".join(f'"{vm["name"]}" {{{vm["uuid"]}}}\n' for vm in box["vms"])
    if words[0] == "runningvms":
        return "".join(
            f'"{vm["name"]}" {{{vm["uuid"]}}}\n' for vm in box["vms"] if vm["state"] in ("running", "paused")
        )
    if words[0] == "hostonlyifs":
        return "".join(map(adapter_form, box["adapters"]))
    if words[0] == "hostonlynets" and NUMBERS >= (7, 0):
        return "".join(map(network_form, box["networks"]))
    if words[0] == "dhcpservers":
        return "\n".join(server_form(name, server) for name, server in box["servers"].items())
    raise error(f"Unknown subcommand: {words[0]}")


def adapter_form(one):
    wireless = "Wireless:        No\n" if NUMBERS >= (6, 1) else ""
    return (
        f"Name:            {one['name']}\nGUID:            786f6276-656e-4074-8000-0a0027000000\nDHCP:            Disabled\n"
        f"IPAddress:       {one['ip']}\nNetworkMask:     {one['mask']}\nIPV6Address:     \nIPV6NetworkMaskPrefixLength: 0\n"
        f"HardwareAddress: 0a:00:27:00:00:00\nMediumType:      Ethernet\n{wireless}Status:          Up\n"
        f"VBoxNetworkName: HostInterfaceNetworking-{one['name']}\n\n"
    )


def network_form(one):
    return (
        f"Name:            {one['--name']}\nGUID:            786f6276-656e-4074-8000-0a0027000000\nState:           Enabled\n"
        f"NetworkMask:     {one['--netmask']}\nLowerIP:         {one['--lower-ip']}\nUpperIP:         {one['--upper-ip']}\n"
        f"VBoxNetworkName: hostonly-{one['--name']}\n\n"
    )


def server_form(name, server):
    enabled = "Yes" if server["enabled"] else "No"
    if NUMBERS < (6, 1):
        return (
            f"NetworkName:    {name}\nIP:             {server['ip']}\nNetworkMask:    {server['netmask']}\n"
            f"lowerIPAddress: {server['lowerip']}\nupperIPAddress: {server['upperip']}\nEnabled:        {enabled}\n"
        )
    return (
        f"NetworkName:    {name}\nDhcpd IP:       {server['ip']}\nLowerIPAddress: {server['lowerip']}\n"
        f"UpperIPAddress: {server['upperip']}\nNetworkMask:    {server['netmask']}\nEnabled:        {enabled}\n"
        "Global Configuration:\n    minLeaseTime:     default\n    defaultLeaseTime: default\n    maxLeaseTime:     default\n"
        f"    Forced options:   None\n    Suppressed opts.: None\n        1/legacy: {server['netmask']}\n"
        "Groups:               None\nIndividual Configs:   None\n"
    )


def long_form(vm):
    width = 28 if NUMBERS >= (7, 0) else 16
    state = LONG_STATES.get(vm["state"], vm["state"])
    rows = [
        ("Name:", vm["name"]),
        ("Groups:", "/"),
        ("Guest OS:", "Linux 2.6 / 3.x / 4.x (64-bit)"),
        ("UUID:", vm["uuid"]),
    ]
    rows += [("Config file:", vm["settings"]), ("State:", f"{state} (since {vm['since']})")]
    shares = "".join(
        f"Name: '{name}', Host path: '{path}' (machine mapping), writable, auto-mount\n"
        for name, path in vm["shares"].items()
    )
    return (
        "".join(f"{key:<{width}} {value}\n" for key, value in rows)
        + f"\nShared folders:\n\n{shares or '<none>'}\n"
    )


def showvminfo(box, words):
    vm = find(box, words[0])
    folder = os.path.dirname(vm["settings"])
    lines = [f'name="{vm["name"]}"', 'groups="/"', f'UUID="{vm["uuid"]}"', f'CfgFile="{vm["settings"]}"']
    lines += [
        f'SnapFldr="{folder}/Snapshots"',
        f'LogFldr="{folder}/Logs"',
        f"memory={vm['values'].get('memory', 128)}",
    ]
    lines += [
        f"cpus={vm['values'].get('cpus', 1)}",
        f'VMState="{vm["state"]}"',
        f'VMStateChangeTime="{vm["since"]}"',
    ]
    for number, name in enumerate(vm["controllers"]):
        lines.append(f'storagecontrollername{number}="{name}"')
    lines += [f'"{place}"="{medium}"' for place, medium in vm["media"].items()]
    lines += adapter_lines(vm)
    for number, (name, path) in enumerate(vm["shares"].items(), 1):
        lines += [
            f'SharedFolderNameMachineMapping{number}="{name}"',
            f'SharedFolderPathMachineMapping{number}="{path}"',
        ]
    return "\n".join(lines) + "\n"


def adapter_lines(vm):
    values = vm["values"]
    mac = values.get("macaddress1", "080027F92814")
    lines = ['natnet1="nat"', f'macaddress1="{mac}"', 'cableconnected1="on"', 'nic1="nat"']
    lines += [f'Forwarding({number})="{rule}"' for number, rule in enumerate(vm["forwards"])]
    kind = values.get("nic2", "none")
    if kind == "hostonly":
        lines.append(f'hostonlyadapter2="{values["hostonlyadapter2"]}"')
    if kind == "hostonlynet":
        lines.append(f'hostonly-network2="{values["host-only-net2"]}"')
        kind = "hostonlynetwork"
    if kind != "none":
        lines += [
            f'macaddress2="{values.get("macaddress2", "0800274A1B2C")}"',
            f'cableconnected2="{values.get("cableconnected2", "on")}"',
        ]
    lines.append(f'nic2="{kind}"')
    if kind != "none":
        lines.append(f'nictype2="{values.get("nictype2", "82540EM")}"')
    return lines


def startvm(box, words):
    vm = find(box, words[0])
    if vm["state"] in ("running", "paused"):
        raise error(
            f"The machine '{vm['name']}' is already locked by a session (or being locked or unlocked)",
            "VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)",
            "LaunchVMProcess(a->session, sessionType.raw(), ComSafeArrayAsInParam(aBstrEnv), progress.asOutParam())",
        )
    mutable(vm)
    for medium in vm["media"].values():
        if not os.path.exists(medium):
            raise error(f"Could not open the medium '{medium}'.", "VBOX_E_FILE_ERROR (0x80bb0004)")
    logs = os.path.join(os.path.dirname(vm["settings"]), "Logs")
    os.makedirs(logs, exist_ok=True)
    with open(f"{logs}/VBox.log", "w") as log:
        log.write(f"00:00:00.010000 VirtualBox VM {VERSIONS[SHORT]} linux.amd64\n{box.get('log', '')}")
    guest(box, vm)
    changed(vm, "running")
    return f'Waiting for VM "{vm["name"]}" to power on...\nVM "{vm["name"]}" has been successfully started.\n'


def guest(box, vm):
    """Start the guest: a process that greets as sshd, and writes to the serial port's file."""
    console = vm["values"].get("uartmode1", "")
    if console.startswith("file "):
        with open(console[5:], "w") as file:
            file.write(box.get("console", "[    0.000000] Linux version 6.1.0\nlogin: "))
    ports = [rule.split(",")[3] for rule in vm["forwards"] if rule.startswith("ssh,")]
    if ports and not box.get("never_boots"):
        words = [sys.executable, "-S", "-E", os.path.abspath(__file__), "--guest", ports[0]]
        null = subprocess.DEVNULL
        child = subprocess.Popen(
            words, stdin=null, stdout=null, stderr=null, start_new_session=True, close_fds=True
        )
        vm["pid"] = child.pid


def run_guest(port):
    signal.alarm(GUEST_SECONDS)
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        link, _ = listener.accept()
        with contextlib.suppress(OSError), link:
            link.sendall(b"SSH-2.0-standin\r\n")


def end_guest(vm):
    if pid := vm.pop("pid", 0):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def controlvm(box, words):
    vm = find(box, words[0])
    if vm["state"] not in ("running", "paused"):
        raise error(f"Machine '{vm['name']}' is not currently running.")
    if words[1] == "acpipowerbutton" and not box.get("ignores_button"):
        end_guest(vm)
        changed(vm, "poweroff")
    elif words[1] in ("poweroff", "savestate"):
        end_guest(vm)
        changed(vm, {"poweroff": "poweroff", "savestate": "saved"}[words[1]])
        sys.stderr.write(PROGRESS)
    elif words[1] in ("pause", "resume"):
        changed(vm, {"pause": "paused", "resume": "running"}[words[1]])
    return ""


def write_settings(vm):
    """Write what the real one has in its settings file, as far as a driver may look at it."""
    if not os.path.isdir(os.path.dirname(vm["settings"])):
        return
    lines = ['<?xml version="1.0"?>', f'  <Machine uuid="{{{vm["uuid"]}}}" name="{vm["name"]}">']
    for place, path in vm["media"].items():
        kind = "Image" if place.endswith("0-0") else "HardDisk"
        lines.append(f'        <{kind} uuid="{{{uuid.uuid5(uuid.NAMESPACE_URL, path)}}}" location="{path}"/>')
    console = vm["values"].get("uartmode1", "").removeprefix("file ")
    lines.append(f'          <Port slot="0" enabled="true" path="{console}" hostMode="RawFile"/>')
    with open(vm["settings"], "w") as file:
        file.write("\n".join(lines) + "\n")


def registervm(box, words):
    """Register a VM that was taken from the list, with the paths that its settings file has now."""
    if not os.path.exists(words[0]):
        raise error(
            f"Runtime error opening '{words[0]}' for reading VERR_FILE_NOT_FOUND (File not found.).",
            "NS_ERROR_FAILURE (0x80004005)",
        )
    with open(words[0]) as file:
        text = file.read()
    vm = box["unregistered"].pop(re.search(r'<Machine uuid="\{(.*?)\}"', text)[1])
    vm["settings"] = words[0]
    for place, path in zip(list(vm["media"]), re.findall(r'location="(.*?)"', text), strict=True):
        before, vm["media"][place] = vm["media"][place], path
        if before in box["media"]:
            box["media"][path] = box["media"].pop(before)
    if "uartmode1" in vm["values"]:
        vm["values"]["uartmode1"] = "file " + re.search(r' path="(.*?)"', text)[1]
    box["vms"].append(vm)
    return ""


def unregistervm(box, words):
    vm = find(box, next(word for word in words if word != "--delete"))
    if vm["state"] in ("running", "paused"):
        raise error(
            f"Cannot unregister the machine '{vm['name']}' while it is locked", "VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)",
            "Unregister(fDeleteAll ? CleanupMode_DetachAllReturnHardDisksAndVMRemovable :CleanupMode_DetachAllReturnHardDisksOnly, aMedia)",
        )  # fmt: skip
    box["vms"].remove(vm)
    if "--delete" not in words:
        box["unregistered"][vm["uuid"]] = vm
        return ""
    for place, medium in vm["media"].items():
        if not place.endswith("0-0") and medium in box["media"]:
            del box["media"][medium]
            with contextlib.suppress(FileNotFoundError):
                os.unlink(medium)
    shutil.rmtree(os.path.dirname(vm["settings"]), ignore_errors=True)
    sys.stderr.write(PROGRESS)
    return ""


def made(path):
    if os.path.exists(path):
        raise RefusedCallError(
            f"VBoxManage: error: VMDK: could not create new file '{path}'\nVBoxManage: error: Error code VERR_ALREADY_EXISTS at VMDK.cpp\n"
            f'VBoxManage: error: Cannot create the disk image "{path}": VERR_ALREADY_EXISTS'
        )
    with open(path, "w") as file:
        file.write("a disk of the stand-in\n")


def convertfromraw(box, words):
    source, target = words[:2]
    if source == "stdin":
        wanted, count, head = int(words[2]), 0, b""
        while piece := sys.stdin.buffer.read(1 << 20):
            head, count = head or piece[:64], count + len(piece)
        sys.stderr.write(f'Converting from raw image file="stdin" to file="{target}"...\n')
        sys.stderr.write(f"Creating dynamic image with size {wanted} bytes ({wanted >> 20}MB)...\n")
        if count != wanted:
            raise error(f"Read {count} bytes of {wanted}")
        made(target)
        with open(target, "ab") as file:
            file.write(head)
        return ""
    made(target)
    return ""


def clone(box, words):
    source, target = [word for word in words if word != "disk"][:2]
    if not os.path.exists(source):
        raise error(
            f"Could not find file for the medium '{source}' (VERR_FILE_NOT_FOUND)",
            "VBOX_E_FILE_ERROR (0x80bb0004)",
        )
    made(target)
    sys.stderr.write(PROGRESS)
    return f"Clone medium created in format 'VDI'. UUID: {uuid.uuid4()}\n"


def createmedium(box, words):
    given = dict(zip(words[1::2], words[2::2], strict=True))
    parent = given["--diffparent"]
    if not os.path.exists(parent):
        raise error(
            f"Could not find file for the medium '{parent}' (VERR_FILE_NOT_FOUND)",
            "VBOX_E_FILE_ERROR (0x80bb0004)",
        )
    made(given["--filename"])
    box["media"].setdefault(parent, "")
    box["media"][given["--filename"]] = parent
    sys.stderr.write(PROGRESS)
    return f"Medium created. UUID: {uuid.uuid4()}\n"


def modifymedium(box, words):
    if words[2] == "--setlocation":  # asked for after a VM was taken from the list, and its media with it
        raise error(
            f"The given path '{words[1]}' is not fully qualified",
            "VBOX_E_FILE_ERROR (0x80bb0004)",
            "OpenMedium(...)",
        )
    if int(words[3]) < box.get("image_mb", 1):
        raise error(
            "Shrinking is not yet supported for medium", "VBOX_E_NOT_SUPPORTED (0x80bb0009)", "Resize(...)"
        )
    sys.stderr.write(PROGRESS)
    return ""


def closemedium(box, words):
    if words[1] not in box["media"]:
        raise error(
            f"Could not find file for the medium '{words[1]}' (VERR_FILE_NOT_FOUND)",
            "VBOX_E_FILE_ERROR (0x80bb0004)",
        )
    if words[1] in box["media"].values():
        raise error(
            f"Cannot close medium '{words[1]}' because it has 1 child media",
            "VBOX_E_OBJECT_IN_USE (0x80bb000c)",
            "Close()",
        )
    del box["media"][words[1]]
    return ""


def snapshot(box, words):
    vm = find(box, words[0])
    names = [one["name"] for one in vm["snapshots"]]
    if words[1] == "list":
        if not names:
            sys.stdout.write("This machine does not have any snapshots\n")
            raise RefusedCallError("")
        return snapshot_list(vm)
    if words[1] == "take":
        note = words[4] if "--description" in words else ""
        vm["snapshots"].append(
            {"name": words[2], "uuid": str(uuid.uuid4()), "note": note, "state": vm["state"]}
        )
        vm["current"] = words[2]
        sys.stderr.write(PROGRESS)
        return f"Snapshot taken. UUID: {vm['snapshots'][-1]['uuid']}\n"
    if words[2] not in names:
        raise error(
            f"Could not find a snapshot named '{words[2]}'",
            "VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)",
            "FindSnapshot(...)",
        )
    one = vm["snapshots"][names.index(words[2])]
    if words[1] == "delete":
        vm["snapshots"].remove(one)
        return f"Deleting snapshot '{one['name']}' ({one['uuid']})\n"
    mutable(vm)
    changed(vm, "saved" if one["state"] in ("running", "saved") else "poweroff")
    vm["current"] = one["name"]
    return f"Restoring snapshot '{one['name']}' ({one['uuid']})\n"


def snapshot_list(vm):
    lines, mark = [], ""
    for one in vm["snapshots"]:
        lines += [f'SnapshotName{mark}="{one["name"]}"', f'SnapshotUUID{mark}="{one["uuid"]}"']
        lines += [f'SnapshotDescription{mark}="{one["note"]}"'] if one["note"] else []
        if one["name"] == vm["current"]:
            current = [
                f'CurrentSnapshotName="{one["name"]}"',
                f'CurrentSnapshotUUID="{one["uuid"]}"',
                f'CurrentSnapshotNode="SnapshotName{mark}"',
            ]
        mark += "-1"
    return "\n".join([*lines, *(current if vm["current"] else [])]) + "\n"


COMMANDS = {
    "createvm": createvm, "modifyvm": modifyvm, "storagectl": storagectl, "storageattach": storageattach, "snapshot": snapshot,
    "guestproperty": guestproperty, "sharedfolder": sharedfolder, "setextradata": setextradata, "hostonlyif": hostonlyif,
    "hostonlynet": hostonlynet, "dhcpserver": dhcpserver, "list": list_, "showvminfo": showvminfo, "startvm": startvm,
    "controlvm": controlvm, "unregistervm": unregistervm, "registervm": registervm, "convertfromraw": convertfromraw, "clonemedium": clone, "clonehd": clone,
    "createmedium": createmedium, "modifymedium": modifymedium, "closemedium": closemedium,
}  # fmt: skip
EMPTY = {"vms": [], "unregistered": {}, "adapters": [], "networks": [], "servers": {}, "media": {}}


@contextlib.contextmanager
def state():
    """The stand-in's memory, one call at a time, as VBoxSVC serves them."""
    path = os.path.join(FOLDER, "state.json")
    with open(os.path.join(FOLDER, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        box = dict(EMPTY)
        with contextlib.suppress(FileNotFoundError), open(path) as file:
            box |= json.load(file)
        yield box
        for vm in box["vms"]:
            write_settings(vm)
        with open(f"{path}.new", "w") as file:
            json.dump(box, file)
        os.replace(f"{path}.new", path)


def fault(box, line):
    """Play a fault that a test has ordered for such a line."""
    for one in box.get("faults", []):
        if one.get("times", 1) > 0 and re.search(one["match"], line):
            one["times"] = one.get("times", 1) - 1
            return one
    return None


def run(words):
    with open(os.path.join(FOLDER, "calls"), "a") as calls:
        calls.write(json.dumps(words) + "\n")
    if not HAS_MODULE:
        sys.stdout.write(WARNING)
    with state() as box:
        wrong = fault(box, " ".join(words))
        if wrong is None or "hang_after" in wrong:
            if words[0] == "--version":
                sys.stdout.write(f"{box.get('version', VERSIONS[SHORT])}\n")
            elif words[0] not in COMMANDS:
                raise error(f"Invalid command '{words[0]}'")
            else:
                sys.stdout.write(COMMANDS[words[0]](box, words[1:]))
    if wrong is None or "hang_after" in wrong:
        time.sleep(wrong["hang_after"] if wrong else 0)
        return
    if "hang" in wrong:
        time.sleep(wrong["hang"])
    sys.stdout.write(wrong.get("stdout", ""))
    raise RefusedCallError(wrong.get("stderr", ""), wrong.get("code", 1))


def main():
    if sys.argv[1] == "--guest":
        run_guest(int(sys.argv[2]))
    try:
        run(sys.argv[1:])
    except RefusedCallError as refusal:
        sys.stdout.flush()
        sys.stderr.write(f"{refusal}\n" if str(refusal) else "")
        sys.exit(refusal.code)


if __name__ == "__main__":
    main()
