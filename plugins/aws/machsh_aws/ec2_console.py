"""The console of an instance, of which EC2 keeps the last 64 KB."""

from __future__ import annotations

import base64
import binascii
import re

from machsh.api import MachshError
from machsh_aws.ec2_api import Ec2Api

LINES = 15
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def last_lines(api: Ec2Api, instance: str) -> list[str]:
    """Return the last lines as plain text; none if there is no instance or Amazon does not tell."""
    if not instance:
        return []
    try:
        text = str(api.ec2("get_console_output", InstanceId=instance).get("Output") or "")
    except MachshError:
        return []
    lines = [_CONTROLS.sub("", _ESCAPES.sub("", line)).rstrip() for line in decoded(text).splitlines()]
    return [line for line in lines if line][-LINES:]


def decoded(text: str) -> str:
    """Return console output that may still be in base64, which boto3 decodes by itself where it can."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text
