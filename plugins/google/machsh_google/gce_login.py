"""Finds a login: access tokens, files of credentials, gcloud, and the metadata server of an instance."""

from __future__ import annotations

import configparser
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machsh.api import (
    ODD_ANSWER,
    TOKEN,
    CredentialPlace,
    Deadline,
    Environment,
    FoundCredential,
    MachshError,
    Rule,
    capture,
    find_credential,
    limited_session,
    read_text,
    variable_places,
)

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.auth.transport.requests import Request

SCOPE = "https://www.googleapis.com/auth/compute"
TOKEN_VARIABLES = ("CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN")
PROJECT_VARIABLES = ("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
REMEDY = "gcloud auth application-default login, or name a file with --google-credentials-file"
METADATA_HOST = "metadata.google.internal"
_METADATA = "computeMetadata/v1"
_PRODUCT = Path("/sys/class/dmi/id/product_name")
"""Where Linux says what computer this is: `Google Compute Engine` on an instance."""
_MOST_BYTES = 64 << 10
_LOGIN = Rule("one word of ASCII characters", lambda value: value.startswith("{") or TOKEN.accepts(value))
_GCLOUD_SECONDS = 20.0
_NO_PROGRAM = 127
_METADATA_SECONDS = 3.0


def find_login(environment: Environment, file: str = "") -> FoundCredential:
    """Return the JSON of a file of credentials, or an access token. Raises UsageError that names all places.

    `file` is the option's, or the machine's record's: whoever names one does not mean another account.
    """
    tokens = variable_places(environment, TOKEN_VARIABLES)
    if file:
        words = f"--google-credentials-file {file}"
        places = [CredentialPlace(words, lambda: _json_of(Path(file))), *tokens]
    else:
        places = [*tokens, *_usual_places(environment)]
    return find_credential(places, "login for Google Cloud", REMEDY, _LOGIN)


def _usual_places(environment: Environment) -> list[CredentialPlace]:
    given = environment.variable("GOOGLE_APPLICATION_CREDENTIALS")
    default = _folder(environment) / "application_default_credentials.json"
    places = []
    if given:
        words = f"GOOGLE_APPLICATION_CREDENTIALS {given}"
        places.append(CredentialPlace(words, lambda: _json_of(Path(given).expanduser())))
    return [
        *places,
        CredentialPlace(str(default), lambda: _json_of(default) if default.exists() else ""),
        CredentialPlace("gcloud's login", lambda: _gcloud_token(environment)),
        CredentialPlace("the metadata server", lambda: _metadata_token(environment)),
    ]


def find_project(environment: Environment, file: str = "") -> str:
    """Return the project of the variables, the credentials or gcloud's configuration; "" if none has one.

    Asks nobody but the metadata server of an instance of Google's.
    """
    named = (environment.variable(name) for name in PROJECT_VARIABLES)
    return (
        next(filter(None, named), "")
        or _project_of_files(environment, file)
        or _gcloud_project(environment)
        or _metadata(environment, "project/project-id")
    )


def library_credentials(found: FoundCredential, request: Request) -> Credentials:
    """Return the library's credentials of a login. Raises MachshError for a file that is none.

    By the `request` an external account is asked for its project, which the library does at once.
    """
    if not found.value.startswith("{"):
        from google.oauth2.credentials import Credentials as TokenCredentials

        return TokenCredentials(found.value)  # type: ignore[no-untyped-call]
    from google.auth import load_credentials_from_dict
    from google.auth.exceptions import GoogleAuthError

    content = json.loads(found.value)
    _check_token_file(content)
    try:
        with warnings.catch_warnings():
            # It warns of files by strangers; this one is the user's own.
            warnings.simplefilter("ignore", DeprecationWarning)
            credentials, _ = load_credentials_from_dict(content, scopes=[SCOPE], request=request)  # type: ignore[no-untyped-call]
    except (GoogleAuthError, *ODD_ANSWER) as error:
        # What the library says may quote the file, in which keys are.
        text = f"Google does not accept the login: {found.place} is no file of credentials that works"
        raise MachshError(text, hint=REMEDY) from error
    return credentials  # type: ignore[no-any-return]


def _check_token_file(content: Any) -> None:
    """Raise MachshError for an external account's file with a token that the library would wait for."""
    while isinstance(content, dict):
        source = content.get("credential_source")
        path = source.get("file") if isinstance(source, dict) else None
        if isinstance(path, str):
            try:
                read_text(path, _MOST_BYTES)
            except (OSError, ValueError) as error:
                text = f"Google's login: the token file {path} cannot be read: {error}"
                raise MachshError(
                    text, hint="look at credential_source in the file of credentials"
                ) from error
        content = content.get("source_credentials")


def _folder(environment: Environment) -> Path:
    given = environment.variable("CLOUDSDK_CONFIG")
    return Path(given) if given else environment.home / ".config" / "gcloud"


def _json_of(path: Path) -> str:
    """Return the JSON object of a file of credentials. Raises MachshError."""
    _object_of(path)
    return read_text(path, _MOST_BYTES).strip()


def _object_of(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path, _MOST_BYTES))
    except OSError as error:
        raise MachshError(f"cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise MachshError("is not JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise MachshError("is no file of credentials")
    return found


def _project_of_files(environment: Environment, file: str) -> str:
    given = file or environment.variable("GOOGLE_APPLICATION_CREDENTIALS")
    default = _folder(environment) / "application_default_credentials.json"
    paths = [*([Path(given).expanduser()] if given else []), *([default] if default.exists() else [])]
    for path in paths:
        try:
            found = _object_of(path)
        except MachshError:
            continue  # told when the login is looked for
        project = found.get("project_id") or found.get("quota_project_id")
        if isinstance(project, str):
            return project
    return ""


def _gcloud_project(environment: Environment) -> str:
    """Return `core/project` of gcloud's active configuration."""
    folder = _folder(environment)
    try:
        name = environment.variable("CLOUDSDK_ACTIVE_CONFIG_NAME") or read_text(folder / "active_config")
        text = read_text(folder / "configurations" / f"config_{Path(name.strip() or 'default').name}")
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
    except (OSError, ValueError, configparser.Error):
        return ""
    return parser.get("core", "project", fallback="")


def _gcloud_token(environment: Environment) -> str:
    """Return an access token of gcloud's account; "" without gcloud or an account."""
    if not _folder(environment).is_dir():
        return ""
    words = ["gcloud", "config", "config-helper", "--format=json", "--quiet"]
    try:
        done = capture(words, environment.child_variables({}), _GCLOUD_SECONDS, largest=_MOST_BYTES)
        token = json.loads(done.stdout or "{}")["credential"]["access_token"]
    except MachshError as error:
        if error.code == _NO_PROGRAM:
            return ""
        raise
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return token if isinstance(token, str) else ""


def _metadata_token(environment: Environment) -> str:
    try:
        found = json.loads(_metadata(environment, "instance/service-accounts/default/token") or "{}")
        return str(found.get("access_token") or "")
    except (ValueError, AttributeError, RecursionError):
        return ""


def _metadata(environment: Environment, what: str) -> str:
    """Ask the metadata server, if this computer is an instance of Google's; "" if there is none."""
    host = environment.variable("GCE_METADATA_HOST")
    if not host and not _is_instance(environment):
        return ""
    import requests  # late: only a computer of Google's asks

    url = f"http://{host or METADATA_HOST}/{_METADATA}/{what}"
    flavor = {"Metadata-Flavor": "Google"}
    try:
        deadline = Deadline.after(_METADATA_SECONDS)
        opened = limited_session(requests.Session(), deadline, is_patient=False, most_bytes=_MOST_BYTES)
        with opened as session:
            session.trust_env = False  # what it tells must not pass a proxy
            answer = session.get(url, headers=flavor)
            is_google = answer.ok and answer.headers.get("Metadata-Flavor") == "Google"
            return answer.content.decode("utf-8", "replace").strip() if is_google else ""
    except (OSError, ValueError, MachshError):
        return ""


def _is_instance(environment: Environment) -> bool:
    if environment.platform != "linux" or environment.variable("NO_GCE_CHECK") == "true":
        return False
    try:
        return read_text(_PRODUCT, 4096).strip().startswith("Google")
    except OSError:
        return False
