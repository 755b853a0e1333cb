"""The driver `vagrant`: leaves a machine's host to Vagrant."""

import subprocess
from dataclasses import dataclass
from functools import partial

from machsh.api import LINE, Driver, DriverRecord, MachshError, Option, State, Values, checked

KEY = ".vagrant/machines/default/virtualbox/private_key"
STATES = {"running": State.RUNNING, "poweroff": State.STOPPED, "saved": State.SAVED}
VAGRANTFILE = 'Vagrant.configure("2") { |it| it.vm.box = "%s"; it.vm.network "private_network", ip: "%s" }'


@dataclass
class VagrantRecord(DriverRecord):
    """What stands in the machine's config.json, with the rules that its values follow."""

    box: str = checked(LINE)


class VagrantDriver(Driver):
    """Machines that Vagrant makes."""

    name = "vagrant"
    summary = "a virtual machine that Vagrant makes"
    options = (
        Option("vagrant-box", "Name of the box", default="debian/bookworm64", values="box"),
        Option("vagrant-address", "Its address in the private network", default="192.168.56.10"),
    )
    record_type = VagrantRecord
    record: VagrantRecord

    def configure(self, values: Values) -> None:
        """Take the options; what they say must be in the record, for the next process."""
        self.record.box = values.text("vagrant-box")
        self.record.ip_address = values.text("vagrant-address")
        self.record.ssh_user = "vagrant"
        self.record.ssh_key_path = str(self.machine_folder / KEY)

    def pre_create_check(self) -> None:
        """Find out what is wrong while nothing is made yet."""
        self.vagrant("--version")

    def create(self) -> None:
        """The machine's folder is there; what is said to `progress` is shown to the user."""
        text = VAGRANTFILE % (self.record.box, self.record.ip_address)
        (self.machine_folder / "Vagrantfile").write_text(text)
        self.context.progress.info(f"Booting {self.record.box}...")
        self.start()

    def start(self) -> None:
        self.vagrant("up")

    def stop(self) -> None:
        self.vagrant("halt")

    def kill(self) -> None:
        self.vagrant("halt", "--force")

    def restart(self) -> None:
        self.vagrant("reload")

    def remove(self) -> None:
        """One that was never made, or is gone, is removed already."""
        if self.state() is not State.NONE:
            self.vagrant("destroy", "--force")

    def state(self) -> State:
        if not (self.machine_folder / "Vagrantfile").exists():
            return State.NONE
        _, _, rest = self.vagrant("status", "--machine-readable").partition(",state,")
        return STATES.get(rest.partition("\n")[0], State.NONE)

    def vagrant(self, *words: str) -> str:
        """Run vagrant in the machine's folder; no call lasts longer than the user allows."""
        folder = self.machine_folder if self.machine_folder.exists() else None
        run = partial(subprocess.run, cwd=folder, env=self.context.environment.variables, check=True)
        try:
            done = run(["vagrant", *words], capture_output=True, text=True, timeout=self.context.seconds)
        except FileNotFoundError as error:
            raise MachshError("vagrant is not on your PATH", hint="install it: vagrantup.com") from error
        except subprocess.SubprocessError as error:
            reason = getattr(error, "stderr", None) or error
            raise MachshError(f"vagrant {words[0]} failed: {reason}") from error
        return str(done.stdout)


DRIVERS = [VagrantDriver]
