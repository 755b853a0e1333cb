"""Reads the console of an instance, of which EC2 keeps the last 64 KB."""

from __future__ import annotations

import base64
import binascii

from machsh.api import MachshError, console_lines
from machsh_aws.ec2_api import Ec2Api


def last_lines(api: Ec2Api, instance: str) -> list[str]:
    """Return the last lines as plain text; none if there is no instance, or Amazon has no console output."""
    if not instance:
        return []
    try:
        text = str(api.ec2("get_console_output", InstanceId=instance).get("Output") or "")
    except MachshError:
        return []
    return console_lines(decoded(text))


def decoded(text: str) -> str:
    """Return console output that may still be in base64, which botocore decodes by itself where it can."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text
