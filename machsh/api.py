"""The public interface for plugins: a plugin imports this module and `machsh.testing`, and nothing else.

Each name is imported from its defining module on first access, so a plugin loads only what it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from machsh.commands.command import (
        Command as Command,
        CommandSession as CommandSession,
        Context as Context,
    )
    from machsh.deadline import (
        Deadline as Deadline,
        poll as poll,
        wait_until as wait_until,
        within as within,
    )
    from machsh.drivers.capabilities import (
        Capability as Capability,
        DEFAULT_CAPABILITIES as DEFAULT_CAPABILITIES,
    )
    from machsh.drivers.capability_calls import HostSnapshot as HostSnapshot
    from machsh.drivers.cloud.api_retry import (
        TryAgain as TryAgain,
        provider_hint as provider_hint,
        retrying as retrying,
    )
    from machsh.drivers.cloud.caller_address import (
        caller_network as caller_network,
        networks as networks,
    )
    from machsh.drivers.cloud.cloud_console import (
        console_lines as console_lines,
    )
    from machsh.drivers.cloud.cloud_driver import (
        CloudDriver as CloudDriver,
        CloudRecord as CloudRecord,
    )
    from machsh.drivers.cloud.cloud_orphans import (
        CloudOrphans as CloudOrphans,
        provider_time as provider_time,
    )
    from machsh.drivers.cloud.cloud_tags import (
        CloudTags as CloudTags,
        MACHINE_TAG as MACHINE_TAG,
        OWNER_TAG as OWNER_TAG,
        STORE_TAG as STORE_TAG,
        tag_value as tag_value,
    )
    from machsh.drivers.cloud.cloud_user_data import (
        CloudUserData as CloudUserData,
    )
    from machsh.drivers.cloud.cloud_wait import (
        wait_at_provider as wait_at_provider,
    )
    from machsh.drivers.cloud.credential_search import (
        CredentialPlace as CredentialPlace,
        FoundCredential as FoundCredential,
        find_credential as find_credential,
    )
    from machsh.drivers.cloud.image_choice import (
        ARM as ARM,
        CatalogImage as CatalogImage,
        X86 as X86,
        newest_image as newest_image,
    )
    from machsh.drivers.cloud.limited_answer import read_limited as read_limited
    from machsh.drivers.cloud.limited_session import limited_session as limited_session
    from machsh.drivers.cloud.made_resources import (
        CloudResource as CloudResource,
        MadeResources as MadeResources,
        ResourceProvider as ResourceProvider,
    )
    from machsh.drivers.cloud.odd_answer import (
        ODD_ANSWER as ODD_ANSWER,
        odd_answer as odd_answer,
        reading_answer as reading_answer,
    )
    from machsh.drivers.cloud.open_port import OpenPort as OpenPort
    from machsh.drivers.cloud.option_checks import (
        check_host_name as check_host_name,
        option_file as option_file,
        option_pairs as option_pairs,
        option_text as option_text,
        refuse_options as refuse_options,
    )
    from machsh.drivers.cloud.provider_reach import (
        innermost_reason as innermost_reason,
        reaching as reaching,
        unreachable as unreachable,
    )
    from machsh.drivers.cloud.recent_answers import (
        RecentAnswers as RecentAnswers,
        given_value as given_value,
    )
    from machsh.drivers.cloud.token_driver import (
        TokenAccount as TokenAccount,
        TokenDriver as TokenDriver,
        TokenRecord as TokenRecord,
    )
    from machsh.drivers.cloud.token_search import (
        ProgramContexts as ProgramContexts,
        TokenSearch as TokenSearch,
        variable_places as variable_places,
    )
    from machsh.drivers.cloud.user_key import (
        UserKey as UserKey,
        copy_user_key as copy_user_key,
        key_fingerprint as key_fingerprint,
        read_user_key as read_user_key,
    )
    from machsh.drivers.driver import (
        Driver as Driver,
        DriverContext as DriverContext,
        DriverRecord as DriverRecord,
        Lack as Lack,
        Orphan as Orphan,
        PlannedResource as PlannedResource,
        State as State,
    )
    from machsh.drivers.host_size import HostSize as HostSize
    from machsh.drivers.store_identity import store_id as store_id
    from machsh.engine.address import ENGINE_PORT as ENGINE_PORT, engine_url as engine_url
    from machsh.engine.endpoint import Endpoint as Endpoint
    from machsh.environment import Environment as Environment
    from machsh.errors import (
        DeadlineError as DeadlineError,
        ExitCode as ExitCode,
        InterruptedByUserError as InterruptedByUserError,
        MachineExistsError as MachineExistsError,
        MachineNotFoundError as MachineNotFoundError,
        MachineNotRunningError as MachineNotRunningError,
        MachshError as MachshError,
        PreCreateError as PreCreateError,
        RefusedError as RefusedError,
        UsageError as UsageError,
    )
    from machsh.files import make_private_folder as make_private_folder, write_atomically as write_atomically
    from machsh.machine.machine import Machine as Machine
    from machsh.machine.machines import Machines as Machines
    from machsh.machine.naming import LOCAL as LOCAL
    from machsh.options import (
        Argument as Argument,
        Count as Count,
        Kind as Kind,
        Option as Option,
        Value as Value,
        Values as Values,
    )
    from machsh.output.results import (
        Document as Document,
        Exit as Exit,
        Result as Result,
        Stream as Stream,
        Table as Table,
        Text as Text,
    )
    from machsh.plugin.contract_version import API_VERSION as API_VERSION
    from machsh.plugin.events import (
        CREATED as CREATED,
        Event as Event,
        REMOVED as REMOVED,
        STARTED as STARTED,
        STOPPED as STOPPED,
        SWITCHED as SWITCHED,
    )
    from machsh.process.capture import Captured as Captured, capture as capture
    from machsh.progress import (
        NullProgress as NullProgress,
        NullPrompter as NullPrompter,
        Progress as Progress,
        Prompter as Prompter,
    )
    from machsh.provision.engine_config.options_file import shell_variable as shell_variable
    from machsh.provision.facts import COMMON_FACTS as COMMON_FACTS, properties as properties
    from machsh.provision.families.appliance import (
        Appliance as Appliance,
        appliance_facts as appliance_facts,
        engine_flags as engine_flags,
    )
    from machsh.provision.families.scripted import Scripted as Scripted
    from machsh.provision.init_systems import (
        INIT_SCRIPT as INIT_SCRIPT,
        OPENRC as OPENRC,
        SYSTEMD as SYSTEMD,
        SYSTEM_DOCKER as SYSTEM_DOCKER,
        Service as Service,
        UPSTART as UPSTART,
        wait_for_port as wait_for_port,
    )
    from machsh.provision.install import Source as Source
    from machsh.provision.os_release import exactness as exactness
    from machsh.provision.packages import (
        APK as APK,
        APT as APT,
        DNF as DNF,
        PACMAN as PACMAN,
        PackageManager as PackageManager,
        YUM as YUM,
        ZYPPER as ZYPPER,
    )
    from machsh.provision.provisioner import (
        EngineSpec as EngineSpec,
        Facts as Facts,
        Plan as Plan,
        Provisioner as Provisioner,
        Recovery as Recovery,
        Step as Step,
    )
    from machsh.provision.standard import Standard as Standard
    from machsh.record import Record as Record, checked as checked, nested as nested
    from machsh.regular_file import read_regular as read_regular, read_text as read_text
    from machsh.shell.completion.candidate import Candidate as Candidate
    from machsh.shell.completion.plugin_kinds import (
        CompletionContext as CompletionContext,
        completes as completes,
    )
    from machsh.ssh.connection import Connection as Connection
    from machsh.ssh.keys import make_key_pair as make_key_pair
    from machsh.ssh.target import Completed as Completed, Runner as Runner, Target as Target
    from machsh.validators import (
        ADDRESS as ADDRESS,
        API_URL as API_URL,
        COUNT as COUNT,
        LINE as LINE,
        NAME as NAME,
        PATH as PATH,
        PORT as PORT,
        Rule as Rule,
        SECONDS as SECONDS,
        TEXT as TEXT,
        TOKEN as TOKEN,
        URL as URL,
        USER as USER,
        WORD as WORD,
    )

HOMES: dict[str, tuple[str, ...]] = {
    "machsh.commands.command": ("Command", "CommandSession", "Context"),
    "machsh.deadline": ("Deadline", "poll", "wait_until", "within"),
    "machsh.drivers.capabilities": ("Capability", "DEFAULT_CAPABILITIES"),
    "machsh.drivers.capability_calls": ("HostSnapshot",),
    "machsh.drivers.cloud.api_retry": (
        "TryAgain",
        "provider_hint",
        "retrying",
    ),
    "machsh.drivers.cloud.caller_address": (
        "caller_network",
        "networks",
    ),
    "machsh.drivers.cloud.cloud_console": ("console_lines",),
    "machsh.drivers.cloud.cloud_driver": (
        "CloudDriver",
        "CloudRecord",
    ),
    "machsh.drivers.cloud.cloud_orphans": ("CloudOrphans", "provider_time"),
    "machsh.drivers.cloud.cloud_tags": (
        "CloudTags",
        "MACHINE_TAG",
        "OWNER_TAG",
        "STORE_TAG",
        "tag_value",
    ),
    "machsh.drivers.cloud.cloud_user_data": ("CloudUserData",),
    "machsh.drivers.cloud.cloud_wait": ("wait_at_provider",),
    "machsh.drivers.cloud.credential_search": (
        "CredentialPlace",
        "FoundCredential",
        "find_credential",
    ),
    "machsh.drivers.cloud.image_choice": (
        "ARM",
        "CatalogImage",
        "X86",
        "newest_image",
    ),
    "machsh.drivers.cloud.limited_answer": ("read_limited",),
    "machsh.drivers.cloud.limited_session": ("limited_session",),
    "machsh.drivers.cloud.made_resources": (
        "CloudResource",
        "MadeResources",
        "ResourceProvider",
    ),
    "machsh.drivers.cloud.odd_answer": ("ODD_ANSWER", "odd_answer", "reading_answer"),
    "machsh.drivers.cloud.open_port": ("OpenPort",),
    "machsh.drivers.cloud.option_checks": (
        "check_host_name",
        "option_file",
        "option_pairs",
        "option_text",
        "refuse_options",
    ),
    "machsh.drivers.cloud.provider_reach": ("innermost_reason", "reaching", "unreachable"),
    "machsh.drivers.cloud.recent_answers": ("RecentAnswers", "given_value"),
    "machsh.drivers.cloud.token_driver": ("TokenAccount", "TokenDriver", "TokenRecord"),
    "machsh.drivers.cloud.token_search": ("ProgramContexts", "TokenSearch", "variable_places"),
    "machsh.drivers.cloud.user_key": ("UserKey", "copy_user_key", "key_fingerprint", "read_user_key"),
    "machsh.drivers.driver": (
        "Driver",
        "DriverContext",
        "DriverRecord",
        "Lack",
        "Orphan",
        "PlannedResource",
        "State",
    ),
    "machsh.drivers.host_size": ("HostSize",),
    "machsh.drivers.store_identity": ("store_id",),
    "machsh.engine.address": ("ENGINE_PORT", "engine_url"),
    "machsh.engine.endpoint": ("Endpoint",),
    "machsh.environment": ("Environment",),
    "machsh.errors": (
        "DeadlineError",
        "ExitCode",
        "InterruptedByUserError",
        "MachineExistsError",
        "MachineNotFoundError",
        "MachineNotRunningError",
        "MachshError",
        "PreCreateError",
        "RefusedError",
        "UsageError",
    ),
    "machsh.files": ("make_private_folder", "write_atomically"),
    "machsh.machine.machine": ("Machine",),
    "machsh.machine.machines": ("Machines",),
    "machsh.machine.naming": ("LOCAL",),
    "machsh.options": ("Argument", "Count", "Kind", "Option", "Value", "Values"),
    "machsh.output.results": ("Document", "Exit", "Result", "Stream", "Table", "Text"),
    "machsh.plugin.contract_version": ("API_VERSION",),
    "machsh.plugin.events": ("CREATED", "Event", "REMOVED", "STARTED", "STOPPED", "SWITCHED"),
    "machsh.process.capture": ("Captured", "capture"),
    "machsh.progress": ("NullProgress", "NullPrompter", "Progress", "Prompter"),
    "machsh.provision.engine_config.options_file": ("shell_variable",),
    "machsh.provision.facts": ("COMMON_FACTS", "properties"),
    "machsh.provision.families.appliance": ("Appliance", "appliance_facts", "engine_flags"),
    "machsh.provision.families.scripted": ("Scripted",),
    "machsh.provision.init_systems": (
        "INIT_SCRIPT",
        "OPENRC",
        "SYSTEMD",
        "SYSTEM_DOCKER",
        "Service",
        "UPSTART",
        "wait_for_port",
    ),
    "machsh.provision.install": ("Source",),
    "machsh.provision.os_release": ("exactness",),
    "machsh.provision.packages": ("APK", "APT", "DNF", "PACMAN", "PackageManager", "YUM", "ZYPPER"),
    "machsh.provision.provisioner": ("EngineSpec", "Facts", "Plan", "Provisioner", "Recovery", "Step"),
    "machsh.provision.standard": ("Standard",),
    "machsh.record": ("Record", "checked", "nested"),
    "machsh.regular_file": ("read_regular", "read_text"),
    "machsh.shell.completion.candidate": ("Candidate",),
    "machsh.shell.completion.plugin_kinds": ("CompletionContext", "completes"),
    "machsh.ssh.connection": ("Connection",),
    "machsh.ssh.keys": ("make_key_pair",),
    "machsh.ssh.target": ("Completed", "Runner", "Target"),
    "machsh.validators": (
        "ADDRESS",
        "API_URL",
        "COUNT",
        "LINE",
        "NAME",
        "PATH",
        "PORT",
        "Rule",
        "SECONDS",
        "TEXT",
        "TOKEN",
        "URL",
        "USER",
        "WORD",
    ),
}
"""Defining module -> its public names. The imports above repeat this table for type checkers."""

_MODULES = {name: module for module, names in HOMES.items() for name in names}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return found


def __dir__() -> list[str]:
    return __all__
