"""Makes boto3's clients from the session's variables: the whole chain of credentials is boto3's own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.credentials import EnvProvider
from botocore.loaders import create_loader
from botocore.session import Session

from machsh.api import Environment, UsageError

if TYPE_CHECKING:
    from machsh_aws.ec2_record import Ec2Record

CONNECT_SECONDS = 10.0
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
        session = boto3.Session(
            botocore_session=session_of(record.profile, environment),
            aws_access_key_id=access or None,
            aws_secret_access_key=secret or None,
            aws_session_token=token or None,
            region_name=record.region or None,
        )
        return session.client(service, endpoint_url=endpoint_url(record), config=_config(seconds))
    except ProfileNotFound as error:
        raise UsageError(
            str(error), hint="aws configure list-profiles names the profiles there are"
        ) from error


def session_of(profile: str, environment: Environment) -> Session:
    """Return a session that reads these variables, not the process's, and the files of this home."""
    session, variable = Session(), environment.variable
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
    return session


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
