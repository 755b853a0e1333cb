"""Calls of Amazon's API: credentials, retries within the deadline, and errors in one line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from machsh.api import (
    ODD_ANSWER,
    Deadline,
    DriverContext,
    Environment,
    MachshError,
    TryAgain,
    provider_hint,
    retrying,
)

if TYPE_CHECKING:
    from machsh_aws.ec2_record import Ec2Record

Answer = dict[str, Any]
LONGEST_TRY_SECONDS = 30.0
THROTTLED = frozenset(
    ("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown")
)
BAD_CREDENTIALS = frozenset(
    (
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    )
)
DOCUMENT = "docs/drivers/amazonec2.md"


class AwsError(MachshError):
    """Amazon refused a call."""

    def __init__(self, operation: str, code: str, text: str, *, hint: str = "") -> None:
        super().__init__(f"{operation}: {text} ({code})", hint=hint or _advice(operation, code))
        self.reason = code


def _advice(operation: str, code: str) -> str:
    if code in ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException"):
        return f"the credentials lack a permission for {operation}: the policy in {DOCUMENT} has them all"
    if code in BAD_CREDENTIALS:
        return "check the keys or log in again (aws sso login), and this computer's clock"
    if code in ("InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded"):
        return "remove a machine, take a smaller --amazonec2-instance-type, or have the quota raised"
    if code in ("InsufficientInstanceCapacity", "Unsupported", "SpotMaxPriceTooLow"):
        return "choose another --amazonec2-zone or --amazonec2-instance-type"
    if code.startswith("InvalidAMIID"):
        return "each region has images of its own; without --amazonec2-ami its newest Ubuntu is taken"
    return ""


class Ec2Api:
    """Makes the calls of one machine, or of all that share its account and region."""

    def __init__(
        self, context: DriverContext, record: Ec2Record, keys: tuple[str, str, str] | None = None
    ) -> None:
        self._context = context
        self._record = record
        stored = (record.access_key, record.secret_key, record.session_token)
        self._keys = keys or (stored if record.access_key else None)
        self._clients: dict[str, Any] = {}

    def ec2(self, operation: str, **words: Any) -> Answer:
        """Call EC2; `operation` is botocore's, such as `run_instances`. Raises AwsError, DeadlineError."""
        return self._call("ec2", operation, words)

    def ssm(self, operation: str, **words: Any) -> Answer:
        """Call Systems Manager, which knows the newest images. Raises AwsError, DeadlineError."""
        return self._call("ssm", operation, words)

    def pages(self, operation: str, key: str, **words: Any) -> Iterator[Answer]:
        """Yield the items of all pages of an answer. Raises AwsError, DeadlineError."""
        token: dict[str, str] = {}
        deadline = Deadline.after(self._context.seconds)
        while True:
            answer = self.ec2(operation, **words, **token)
            deadline.check(_named(operation))
            yield from answer.get(key) or []
            if not answer.get("NextToken"):
                return
            token = {"NextToken": str(answer["NextToken"])}

    def _call(self, service: str, operation: str, words: Mapping[str, Any]) -> Answer:
        from botocore import exceptions as errors
        from botocore.parsers import ResponseParserError

        environment, name = self._context.environment, _named(operation)
        deadline, tries = Deadline.after(self._context.seconds), _Tries(self._record.retry_count)

        def once() -> Answer:
            found: Answer = getattr(self._client(service), operation)(**words)
            return found

        try:
            return retrying(once, deadline, tries.judge, self._context.progress.debug)
        except errors.ClientError as error:
            raise _refusal(error) from error
        except (errors.NoCredentialsError, errors.PartialCredentialsError) as error:
            raise no_credentials(environment, self._record) from error
        except errors.HTTPClientError as error:
            hint = "check the region, the endpoint and your network"
            raise MachshError(f"{name}: {error}", hint=hint) from error
        except ResponseParserError as error:
            hint = "is it EC2's API that answers there? Look at the endpoint and at proxies"
            raise MachshError(f"{name}: the answer is not one of Amazon's", hint=hint) from error
        except errors.BotoCoreError as error:
            hint = _login_hint(error, self._record.profile or environment.variable("AWS_PROFILE") or "")
            raise MachshError(f"{name}: {' '.join(str(error).split())[:500]}", hint=hint) from error
        except ODD_ANSWER as error:
            # Its text may quote a token, or a program's output.
            text = f"{name}: credentials or settings cannot be used ({type(error).__name__})"
            raise MachshError(text, hint="look at keys, tokens and what credential_process prints") from error

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            from machsh_aws.ec2_client import new_client

            limit = min(LONGEST_TRY_SECONDS, self._context.seconds)
            self._clients[service] = new_client(
                service, self._record, self._context.environment, self._keys, limit
            )
        return self._clients[service]


def _login_hint(error: Exception, profile: str) -> str:
    """Return how to log in again, "" for an error that is of something else."""
    from botocore import exceptions as errors

    option = f" --profile {profile}" if profile else ""
    if isinstance(error, errors.SSOError | errors.TokenRetrievalError):
        return f"log in again: aws sso login{option}"
    return f"log in again: aws login{option}" if isinstance(error, errors.LoginError) else ""


def _named(operation: str) -> str:
    """Return Amazon's name of an operation: RunInstances for run_instances."""
    return "".join(part.capitalize() for part in operation.split("_"))


def _refusal(error: Any) -> AwsError:
    details = error.response.get("Error", {})
    text = str(details.get("Message") or "refused").partition("Encoded authorization failure")[0].strip(" .")
    return AwsError(error.operation_name, str(details.get("Code") or "Unknown"), text)


@dataclass(slots=True)
class _Tries:
    """Judges the errors of one call: how often it may be repeated, and after which of them."""

    left: int
    """Negative for never."""

    def judge(self, error: Exception) -> TryAgain | None:
        """Return whether the call may be repeated, after Amazon's hint."""
        from botocore import exceptions as errors
        from botocore.parsers import ResponseParserError

        if self.left <= 0:
            return None
        if isinstance(error, errors.ClientError):
            found = error.response
            status = int(found.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
            if found["Error"].get("Code") not in THROTTLED and status != 429 and status < 500:
                return None
            self.left -= 1
            headers = found.get("ResponseMetadata", {}).get("HTTPHeaders") or {}
            return TryAgain(provider_hint({key.title(): one for key, one in headers.items()}, time.time()))
        if isinstance(error, errors.HTTPClientError | ResponseParserError) and not isinstance(
            error, errors.SSLError
        ):
            self.left -= 1
            return TryAgain()
        return None


def no_credentials(environment: Environment, record: Ec2Record) -> MachshError:
    """Return docker-machine's error, with the places that were looked at as the hint."""
    variable = environment.variable
    profile = record.profile or variable("AWS_PROFILE") or "default"
    folder = environment.home / ".aws"
    return MachshError(
        "amazonec2 driver requires AWS credentials configured with the --amazonec2-access-key and "
        "--amazonec2-secret-key options, environment variables, ~/.aws/credentials, or an instance role",
        hint="looked at: --amazonec2-access-key; AWS_ACCESS_KEY_ID; "
        f"the profile {profile} in {variable('AWS_SHARED_CREDENTIALS_FILE') or folder / 'credentials'} "
        f"and {variable('AWS_CONFIG_FILE') or folder / 'config'} (keys, roles, SSO, credential_process); "
        "AWS_WEB_IDENTITY_TOKEN_FILE; AWS_CONTAINER_CREDENTIALS_*; the role of the instance",
    )
