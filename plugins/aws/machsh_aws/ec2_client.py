"""Makes botocore's clients from the session's variables: the whole chain of credentials is its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.credentials import (
    AssumeRoleProvider,
    AssumeRoleWithWebIdentityProvider,
    ContainerProvider,
    EnvProvider,
    InstanceMetadataProvider,
    ProcessProvider,
)
from botocore.loaders import create_loader

from machsh.api import Environment, MachshError, UsageError, capture, read_text
from machsh_aws.ec2_roles import KnownRoles, refuse_code
from machsh_aws.ec2_transport import LimitedSession, LimitedTransport

if TYPE_CHECKING:
    from botocore.session import Session

    from machsh_aws.ec2_record import Ec2Record

CONNECT_SECONDS = 10.0
METADATA_SECONDS = 5.0
"""How long an answer of the metadata services of instances and containers may take."""
HELPER_SECONDS = 30.0
"""How long a program that prints credentials may take: it may ask a token for a touch."""
_MOST_BYTES = 64 << 10
_FILES = {"AWS_CONFIG_FILE": "config_file", "AWS_SHARED_CREDENTIALS_FILE": "credentials_file"}


def new_client(
    service: str,
    record: Ec2Record,
    environment: Environment,
    keys: tuple[str, str, str] | None,
    seconds: float,
) -> Any:
    """Return a client that tries each call once, for at most `seconds`; callers try again.

    `keys` are access key, secret key and session token; without them the chain finds some. Raises UsageError
    for a profile that does not exist.
    """
    from botocore.exceptions import ProfileNotFound

    access, secret, token = keys or ("", "", "")
    try:
        session = session_of(record.profile, environment, seconds)
        if record.region:
            session.set_config_variable("region", record.region)  # where roles are asked for, too
        return session.create_client(
            service,
            endpoint_url=endpoint_url(record),
            aws_access_key_id=access or None,
            aws_secret_access_key=secret or None,
            aws_session_token=token or None,
        )
    except ProfileNotFound as error:
        raise UsageError(
            str(error), hint="aws configure list-profiles names the profiles there are"
        ) from error


def session_of(profile: str, environment: Environment, seconds: float = CONNECT_SECONDS) -> Session:
    """Return a session that reads these variables, not the process's, and the files of this home.

    All its clients try each call once, for at most `seconds`.
    """
    session, variable = LimitedSession(), environment.variable
    session.seconds = seconds
    session.set_default_client_config(_config(seconds))
    session.register_component("data_loader", _loader())
    for name, setting in _FILES.items():
        file = setting.removesuffix("_file")
        session.set_config_variable(setting, variable(name) or str(environment.home / ".aws" / file))
    wanted = profile or variable("AWS_PROFILE")
    if wanted:
        session.set_config_variable("profile", wanted)
    resolver = session.get_component("credential_provider")
    if any(one.METHOD == EnvProvider.METHOD for one in resolver.providers):  # a chosen profile leaves it out
        resolver.insert_before(EnvProvider.METHOD, EnvProvider(dict(environment.variables)))
        resolver.providers.remove(
            next(one for one in reversed(resolver.providers) if one.METHOD == EnvProvider.METHOD)
        )
    _limit_helpers(resolver, environment, wanted or "")
    return session


def _limit_helpers(resolver: Any, environment: Environment, profile: str) -> None:
    """Run and read ourselves what the library would wait for without end, also for a role's own profile."""
    run = functools.partial(_HelperRun, environment)

    def limited(provider: Any) -> Any:
        if isinstance(provider, ProcessProvider):
            provider._popen = run
        if isinstance(provider, AssumeRoleProvider):
            provider._prompter = lambda text: refuse_code(profile)
            provider.cache = KnownRoles(environment.home)
        if isinstance(provider, AssumeRoleWithWebIdentityProvider):
            provider._token_loader_cls = _token_reader
        if isinstance(provider, ContainerProvider):
            _limit_container(provider, environment)
        if isinstance(provider, InstanceMetadataProvider):
            _limit_fetcher(provider._role_fetcher)
        return provider

    for one in resolver.providers:
        builder = getattr(limited(one), "_profile_provider_builder", None)
        for method in ("_create_process_provider", "_create_web_identity_provider"):
            if make := getattr(builder, method, None):
                setattr(builder, method, lambda *words, make=make, **more: limited(make(*words, **more)))


def _limit_fetcher(fetcher: Any) -> None:
    fetcher._session = LimitedTransport(fetcher._session, METADATA_SECONDS)


def _limit_container(provider: ContainerProvider, environment: Environment) -> None:
    variables, build = dict(environment.variables), provider._build_headers

    def headers() -> Any:
        if path := variables.pop(provider.ENV_VAR_AUTH_TOKEN_FILE, ""):
            variables[provider.ENV_VAR_AUTH_TOKEN] = _token_reader(path)()
        return build()

    provider._environ, provider._build_headers = variables, headers
    _limit_fetcher(provider._fetcher)


def _token_reader(path: str) -> Callable[[], str]:
    """Return what reads a file with a token, which must not be a pipe."""

    def read() -> str:
        try:
            return read_text(path, _MOST_BYTES)
        except OSError as error:
            text = f"the token file {path} cannot be read: {error.strerror or error}"
            raise MachshError(
                text, hint="look at the variables AWS_*_TOKEN_FILE and the profile's settings"
            ) from error

    return read


class _HelperRun:
    """What botocore needs of a `credential_process`, for which it would wait without end."""

    def __init__(self, environment: Environment, words: list[str], **streams: object) -> None:
        self._environment = environment
        self._words = words
        self.returncode = 0

    def communicate(self) -> tuple[bytes, bytes]:
        """Run it and return what it printed. Raises MachshError."""
        variables = self._environment.child_variables({})
        try:
            done = capture(self._words, variables, HELPER_SECONDS, largest=_MOST_BYTES)
        except MachshError as error:
            hint = "look at credential_process in the profile's settings"
            raise MachshError(f"credential_process: {error}", hint=hint) from error
        self.returncode = done.code
        return done.stdout.encode(), done.stderr.encode()


@functools.cache
def _loader() -> Any:
    """Return what reads botocore's descriptions of services: EC2's is large, and is kept once read."""
    return create_loader()


def _config(seconds: float) -> Config:
    return Config(
        connect_timeout=min(CONNECT_SECONDS, seconds),
        read_timeout=seconds,
        retries={"mode": "standard", "total_max_attempts": 1},
        user_agent_extra="machsh",
    )


def endpoint_url(record: Ec2Record) -> str | None:
    """Return the URL of `--amazonec2-endpoint`, which may be a host alone; None for Amazon's own."""
    if not record.endpoint or "://" in record.endpoint:
        return record.endpoint or None
    return f"{'http' if record.disable_ssl else 'https'}://{record.endpoint}"


def region_of(record: Ec2Record, environment: Environment) -> str:
    """Return the region of the profile in use; "" if it names none."""
    from botocore.exceptions import BotoCoreError

    try:
        session = session_of(record.profile, environment)
        return str(session.get_scoped_config().get("region") or "")
    except BotoCoreError:
        return ""
