"""Finds out where and as whom to log in: options, variables of an RC file, or a cloud of clouds.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machsh.api import (
    TEXT,
    CredentialPlace,
    Environment,
    FoundCredential,
    MachshError,
    UsageError,
    Values,
    find_credential,
    read_text,
)
from machsh_openstack.openstack_record import OpenStackRecord

INTERFACES = {"publicURL": "public", "internalURL": "internal", "adminURL": "admin"}
PASSWORD, SECRET = "OS_PASSWORD", "OS_APPLICATION_CREDENTIAL_SECRET"
_NEEDED = "{} must be specified either using the environment variable {} or the CLI option {}"
_OF_THE_CLOUD = {f"openstack-{name}" for name in (
    "auth-url", "username", "password", "tenant-name", "tenant-id", "project-name", "project-id",
    "domain-id", "domain-name", "user-domain-id", "user-domain-name", "project-domain-id",
    "project-domain-name", "application-credential-id", "application-credential-name",
    "application-credential-secret",
)}  # fmt: skip
"""Options whose values a cloud of clouds.yaml has."""
_MOST_SECRETS = 1 << 20
_TENANT = (
    "Tenant id or name must be provided either using one of the environment variables OS_TENANT_ID and "
    "OS_TENANT_NAME or one of the CLI options --openstack-tenant-id and --openstack-tenant-name"
)


@dataclass(frozen=True, slots=True)
class GivenSecrets:
    """Secrets from the command line, for this process only."""

    password: str = field(default="", repr=False)
    application: str = field(default="", repr=False)


def given_secrets(values: Values) -> GivenSecrets:
    """Return what is on the command line itself; what variables have is looked up when it is needed."""
    password, application = "openstack-password", "openstack-application-credential-secret"
    return GivenSecrets(
        values.text(password) if password in values.given else "",
        values.text(application) if application in values.given else "",
    )


def fill_access(record: OpenStackRecord, values: Values, environment: Environment) -> None:
    """Copy the options that say where to log in. Raises UsageError that names what is missing."""
    text = values.text
    record.region, record.endpoint_type = text("openstack-region"), _endpoint_type(values, environment)
    if record.endpoint_type not in ("", *INTERFACES):
        raise UsageError("Endpoint type must be 'publicURL', 'adminURL' or 'internalURL'")
    record.insecure = values.flag("openstack-insecure")
    file = text("openstack-cacert")
    record.ca_cert = environment.absolute(file) if file else ""
    record.cloud = _cloud(values, environment)
    if record.cloud:
        return
    record.auth_url, record.username = text("openstack-auth-url"), text("openstack-username")
    record.tenant_name = text("openstack-tenant-name") or text("openstack-project-name")
    record.tenant_id = text("openstack-tenant-id") or text("openstack-project-id")
    record.domain_id, record.domain_name = text("openstack-domain-id"), text("openstack-domain-name")
    record.user_domain = _id_or_name(values, "openstack-user-domain")
    record.project_domain = _id_or_name(values, "openstack-project-domain")
    record.application_credential = _id_or_name(values, "openstack-application-credential")
    _check(record, values, environment)


def _endpoint_type(values: Values, environment: Environment) -> str:
    """Return the option's value, else that of an RC file's variable, which has the newer words."""
    newer = {new: old for old, new in INTERFACES.items()}
    return values.text("openstack-endpoint-type") or newer.get(environment.variable("OS_INTERFACE") or "", "")


def _id_or_name(values: Values, option: str) -> str:
    identifier, name = values.text(f"{option}-id"), values.text(f"{option}-name")
    return f"id={identifier}" if identifier else f"name={name}" if name else ""


def _cloud(values: Values, environment: Environment) -> str:
    """Return the cloud that is named, or the only one if nothing says where to log in."""
    named, url = values.text("openstack-cloud"), "openstack-auth-url"
    if named and not (url in values.given and "openstack-cloud" not in values.given):
        for option in sorted(values.given & _OF_THE_CLOUD):
            raise UsageError(f"--openstack-cloud excludes --{option}", hint="change the cloud in clouds.yaml")
        return named
    if values.text(url):
        return ""
    try:
        names = cloud_names(environment)
    except MachshError:
        return ""
    return names[0] if len(names) == 1 else ""


def _check(record: OpenStackRecord, values: Values, environment: Environment) -> None:
    def require(value: str, what: str, variable: str, option: str) -> None:
        if not value:
            raise UsageError(_NEEDED.format(what, variable, option), hint=_looked_at(environment))

    require(record.auth_url, "Authentication URL", "OS_AUTH_URL", "--openstack-auth-url")
    if record.application_credential.startswith("id="):
        return
    require(record.username, "Username", "OS_USERNAME", "--openstack-username")
    if record.application_credential:
        return
    require(values.text("openstack-password"), "Password", "OS_PASSWORD", "--openstack-password")
    if not (record.tenant_name or record.tenant_id):
        raise UsageError(_TENANT, hint=_looked_at(environment))


def _looked_at(environment: Environment) -> str:
    try:
        names, words = cloud_names(environment), ""
    except MachshError as error:
        names, words = [], f" ({error})"
    found = f"the clouds of clouds.yaml are {', '.join(names)}" if names else "no clouds.yaml names a cloud"
    files = ", ".join(map(str, _files(environment, "clouds")))
    return (
        f"or name a cloud by --openstack-cloud or OS_CLOUD: {found}{words}; looked at: the options, "
        f"the variables OS_*, {files}"
    )


def find_secret(
    environment: Environment, record: OpenStackRecord, given: GivenSecrets = GivenSecrets()
) -> FoundCredential:
    """Return the password or the secret by which a record's user logs in.

    For a cloud of clouds.yaml it is the cloud's name. Raises UsageError that names all places.
    """
    if record.cloud:
        words = f"the cloud {record.cloud} in clouds.yaml"
        looked = ", ".join(map(str, _files(environment, "clouds")))
        places = [CredentialPlace(words, lambda: _known_cloud(environment, record.cloud))]
        return find_credential(places, "access to OpenStack", f"files: {looked}", TEXT)
    option, variable, value = "--openstack-password", PASSWORD, given.password
    if record.application_credential:
        option, variable, value = "--openstack-application-credential-secret", SECRET, given.application
    places = [
        CredentialPlace(option, lambda: value),
        CredentialPlace("the machine's record", lambda: record.password),
        CredentialPlace(variable, lambda: environment.variable(variable) or ""),
    ]
    who = record.application_credential or record.username
    return find_credential(
        places,
        f"secret of {who} for OpenStack",
        "a machine that was made from a cloud of clouds.yaml finds it there",
        TEXT,
    )


def _known_cloud(environment: Environment, name: str) -> str:
    if name not in cloud_names(environment):
        raise MachshError("there is no such cloud")
    return name


def _files(environment: Environment, kind: str) -> list[Path]:
    """Return where openstack's own programs look for a file: `clouds` or `secure`."""
    variable = "OS_CLIENT_CONFIG_FILE" if kind == "clouds" else "OS_CLIENT_SECURE_FILE"
    given = environment.variable(variable)
    base = Path(environment.variable("XDG_CONFIG_HOME") or environment.home / ".config")
    folders = [Path(environment.absolute(".")), base / "openstack", Path("/etc/openstack")]
    found = [folder / f"{kind}{end}" for folder in folders for end in (".yaml", ".yml", ".json")]
    return ([Path(environment.absolute(given))] if given else []) + [
        one for one in found if one.suffix == ".yaml" or one.is_file()
    ]


def cloud_names(environment: Environment) -> list[str]:
    """Return the clouds of the first clouds.yaml, in its order. Raises MachshError if it cannot be read."""
    from yaml import YAMLError, safe_load  # late: only if there is such a file

    for path in _files(environment, "clouds"):
        try:
            found: Any = safe_load(read_text(path))
        except FileNotFoundError:
            continue
        except (YAMLError, RecursionError):
            # The text of a YAML error quotes the file, which holds passwords.
            raise MachshError(f"{path} cannot be read: it is not YAML") from None
        except (OSError, ValueError) as error:
            raise MachshError(f"{path} cannot be read: {error}") from error
        clouds = found.get("clouds") if isinstance(found, dict) else None
        return [str(one) for one in clouds] if isinstance(clouds, dict) else []
    return []


def region_settings(
    environment: Environment, record: OpenStackRecord, secret: str
) -> tuple[dict[str, Any], ...]:
    """Return arguments for the library's OpenStackConfig and for its `get_one`."""
    files = {
        "config_files": [str(one) for one in _files(environment, "clouds")],
        "secure_files": [str(one) for one in _files(environment, "secure")],
    }
    chosen: dict[str, Any] = {"region_name": record.region or None}
    if record.endpoint_type:
        chosen["interface"] = INTERFACES.get(record.endpoint_type, "public")
    if record.insecure:
        chosen["verify"] = False
    if record.ca_cert:
        chosen["cacert"] = record.ca_cert
    if record.cloud:
        _check_secrets(environment)
        return files, {**chosen, "cloud": record.cloud}
    return {"load_yaml_config": False}, {**chosen, **_authentication(record, secret)}


def _check_secrets(environment: Environment) -> None:
    """Raise MachshError for a secure.yaml that the library would wait for, or fail at."""
    from yaml import YAMLError, safe_load

    for path in _files(environment, "secure"):
        try:
            safe_load(read_text(path, _MOST_SECRETS))
        except FileNotFoundError:
            continue
        except (YAMLError, RecursionError):
            raise MachshError(f"{path} cannot be read: it is not YAML") from None
        except (OSError, ValueError) as error:
            raise MachshError(f"{path} cannot be read: {error}") from error


def _authentication(record: OpenStackRecord, secret: str) -> dict[str, Any]:
    # A URL with the version saves a question for the versions.
    url = record.auth_url.rstrip("/")
    version = "v3" if url.endswith("/v3") else ""
    if record.application_credential and not version:
        url += "/v3"  # they are of this version only
    auth = {"auth_url": url, "username": record.username}
    if record.username:
        auth |= _domain("user_domain", record.user_domain, record)
    if record.application_credential:
        key, _, value = record.application_credential.partition("=")
        auth |= {f"application_credential_{key}": value, "application_credential_secret": secret}
        return {"auth_type": "v3applicationcredential", "auth": _filled(auth)}
    auth |= {"password": secret, "project_id": record.tenant_id, "project_name": record.tenant_name}
    auth |= _domain("project_domain", record.project_domain, record)
    return {"auth_type": f"{version}password", "auth": _filled(auth)}


def _domain(key: str, own: str, record: OpenStackRecord) -> dict[str, str]:
    kind, _, value = own.partition("=")
    if value:
        return {f"{key}_{kind}": value}
    if record.domain_name and not record.domain_id:
        return {f"{key}_name": record.domain_name}
    return {f"{key}_id": record.domain_id or "default"}


def _filled(source: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in source.items() if value}
