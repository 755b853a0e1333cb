"""Finds out as whom to speak to Azure, by Microsoft's own library, and gets tokens for it."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machsh.api import (
    ODD_ANSWER,
    CredentialPlace,
    Deadline,
    Environment,
    FoundCredential,
    MachshError,
    find_credential,
    limited_session,
    read_regular,
    read_text,
)
from machsh_azure.azure_api import reaching_azure, version_of
from machsh_azure.azure_cli import CliCredential

OPTIONS_PLACE = "--azure-client-id and --azure-client-secret"
REMEDY = "log in: az login"
_AUTHORITIES = {
    "AzurePublicCloud": "login.microsoftonline.com",
    "AzureChinaCloud": "login.chinacloudapi.cn",
    "AzureUSGovernmentCloud": "login.microsoftonline.us",
}
_SCOPES = {
    "AzurePublicCloud": "https://management.azure.com/.default",
    "AzureChinaCloud": "https://management.chinacloudapi.cn/.default",
    "AzureUSGovernmentCloud": "https://management.usgovcloudapi.net/.default",
}
_MARGIN_SECONDS = 300.0
_MOST_BYTES = 1 << 20
_LOGIN_SECONDS = 30.0
"""The longest login, whatever is tried again: the library's own limits would add up to minutes."""
_MANAGED = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT")
_tokens: dict[tuple[str, ...], Any] = {}
"""Tokens of this process, so that a shell asks for one an hour; they are never written anywhere."""


class _LoginRefusedError(Exception):
    """Credentials that were given do not work: no other place is looked at instead."""


@dataclass(frozen=True, slots=True)
class AzureLogin:
    """What is known of the identity. Secrets are never shown."""

    environment: Environment
    cloud: str
    """`--azure-environment`."""
    subscription: str
    endpoint: str
    client: str = ""
    secret: str = field(default="", repr=False)
    stored_client: str = ""
    stored_secret: str = field(default="", repr=False)
    """Those of a record that docker-machine wrote."""

    def find_token(self) -> FoundCredential:
        """Return a token and whence it is. Raises MachshError that names all places."""
        try:
            return find_credential(self._places(), "login for Azure", REMEDY)
        except _LoginRefusedError as error:
            raise MachshError(str(error), hint="look at identity and secret, or: az login") from error

    def _places(self) -> list[CredentialPlace]:
        given = self._variable("AZURE_CLIENT_ID"), self._variable("AZURE_CLIENT_SECRET")
        certificate, federated = "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"
        az, managed = (
            CredentialPlace("az login", self._of_az),
            CredentialPlace("a managed identity", self._managed),
        )
        is_hosted = any(map(self._variable, _MANAGED))
        return [
            self._given(OPTIONS_PLACE, self.client, self.secret),
            self._given("the machine's record", self.stored_client, self.stored_secret),
            self._given("AZURE_CLIENT_ID and AZURE_CLIENT_SECRET", *given),
            CredentialPlace(certificate, lambda: self._certificate(certificate)),
            CredentialPlace(federated, lambda: self._federated(federated)),
            *((managed, az) if is_hosted else (az, managed)),
        ]  # fmt: skip

    def _variable(self, name: str) -> str:
        return self.environment.variable(name) or ""

    # Places

    def _given(self, words: str, client: str, secret: str) -> CredentialPlace:
        def make() -> Any:
            from azure.identity import ClientSecretCredential

            return ClientSecretCredential(
                self._tenant(), client, secret, authority=self._authority, **_limits()
            )

        def look() -> str:
            return self._explicit(words, make, client, secret) if client and secret else ""

        return CredentialPlace(words, look)

    def _certificate(self, variable: str) -> str:
        path, client = self._variable(variable), self._variable("AZURE_CLIENT_ID")
        if not (path and client):
            return ""

        def make() -> Any:
            from azure.identity import CertificateCredential

            # The library would wait for ever at a pipe.
            content = read_regular(path, _MOST_BYTES)
            return CertificateCredential(
                self._tenant(), client, certificate_data=content, authority=self._authority, **_limits()
            )

        return self._explicit(variable, make, client, path)

    def _federated(self, variable: str) -> str:
        path, client = self._variable(variable), self._variable("AZURE_CLIENT_ID")
        if not (path and client):
            return ""

        def make() -> Any:
            from azure.identity import WorkloadIdentityCredential

            tenant = self._tenant()
            read_regular(path, _MOST_BYTES)
            return WorkloadIdentityCredential(
                tenant_id=tenant,
                client_id=client,
                token_file_path=path,
                authority=self._authority,
                **_limits(),
            )

        return self._explicit(variable, make, client, path)

    def _of_az(self) -> str:
        def make() -> Any:
            return CliCredential(self.environment, self.subscription)

        return self._token("az", make, self._variable("AZURE_CONFIG_DIR"))

    def _managed(self) -> str:
        def make() -> Any:
            from azure.identity import DefaultAzureCredential

            # Of the library's chain only this link, because it gives up within a second where there is none.
            others = ("environment", "workload_identity", "shared_token_cache", "visual_studio_code", "cli",
                      "developer_cli", "powershell", "interactive_browser", "broker")  # fmt: skip
            excluded: dict[str, Any] = {f"exclude_{one}_credential": True for one in others}
            client = self._variable("AZURE_CLIENT_ID") or None
            return DefaultAzureCredential(managed_identity_client_id=client, **excluded, **_limits())

        return self._token("managed", make, *map(self._variable, (*_MANAGED, "AZURE_CLIENT_ID")))

    # Tokens

    def _explicit(self, words: str, make: Callable[[], Any], *identity: str) -> str:
        try:
            return self._token(words, make, *identity)
        except MachshError as error:
            raise _LoginRefusedError(f"the login by {words} failed: {error}") from error

    def _token(self, words: str, make: Callable[[], Any], *identity: str) -> str:
        """Return a token, one of this process while it is good. Raises MachshError with the reason."""
        from azure.core.exceptions import AzureError as LibraryError

        _keep_quiet()
        key = (words, self.cloud, self.subscription, *identity)
        found = _tokens.get(key)
        if found is None or found.expires_on - time.time() < _MARGIN_SECONDS:
            try:
                found = _tokens[key] = make().get_token(_SCOPES[self.cloud])
            except (LibraryError, OSError, *ODD_ANSWER) as error:
                raise MachshError(_reason(error)) from error
        return str(found.token)

    @property
    def _authority(self) -> str:
        return _AUTHORITIES[self.cloud]

    def _tenant(self) -> str:
        """Return the tenant: the variable's, else the one that the API names for the subscription."""
        if given := self._variable("AZURE_TENANT_ID"):
            return given
        if not self.subscription:
            raise MachshError("the tenant is not known: set AZURE_TENANT_ID or --azure-subscription-id")
        import requests

        path = f"/subscriptions/{self.subscription}"
        session = limited_session(requests.Session(), Deadline.after(_LOGIN_SECONDS), is_patient=False)
        with reaching_azure("asking for the tenant"), session:
            answer = session.get(
                f"{self.endpoint}{path}?api-version={version_of(path)}", allow_redirects=False
            )
        told = answer.headers.get("WWW-Authenticate", "")
        match = re.search(r'authorization(?:_uri)?="https://[^/"]+/([0-9A-Za-z.-]+)', told)
        if not match:
            raise MachshError("the subscription's tenant is not known: set AZURE_TENANT_ID")
        return match[1]


def _limits() -> dict[str, Any]:
    """Return what the library's credentials are made with, so that no answer is longer than ours may be."""
    import requests
    from azure.core.pipeline.transport import RequestsTransport

    deadline = Deadline.after(_LOGIN_SECONDS)
    session = limited_session(requests.Session(), deadline, is_patient=False, most_bytes=_MOST_BYTES)
    transport = RequestsTransport(session=session)
    return {"transport": transport, "connection_timeout": 10, "read_timeout": 20, "retry_total": 2}


def _keep_quiet() -> None:
    """What the libraries log is in their errors, too, and would stand between our lines."""
    for name in ("azure", "msal"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def _reason(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    link = "ManagedIdentityCredential: "
    inner = [line.removeprefix(link) for line in lines if line.startswith(link)]
    return "".join(char for char in (inner or lines)[0] if char.isprintable())[:300]


def default_subscription(environment: Environment) -> str:
    """Return the subscription that `az account set` chose last, "" if there is none."""
    base = environment.variable("AZURE_CONFIG_DIR")
    path = (Path(base) if base else environment.home / ".azure") / "azureProfile.json"
    try:
        found = json.loads(read_text(path).removeprefix("\ufeff"))
    except (OSError, ValueError, RecursionError):
        return ""
    entries = found.get("subscriptions") if isinstance(found, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("isDefault") is True:
            return str(entry.get("id", ""))
    return ""
