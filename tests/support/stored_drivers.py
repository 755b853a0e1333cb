"""Records of drivers that are stored as machsh does it, for tests of drivers alone."""

import json

from machsh.api import Driver


def keeping(driver):
    """Let a driver write its record to the machine's folder when it is kept; return the driver."""
    kept = driver.machine_folder / "config.json"

    def keep() -> None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(driver.record.to_json()))

    driver.context.keep = keep
    return driver


def record_of(driver: Driver):
    """The record as the next process finds it: what was kept last."""
    kept = driver.machine_folder / "config.json"
    source = json.loads(kept.read_text()) if kept.exists() else driver.record.to_json()
    record = type(driver.record).from_json(source)
    record.check("Driver")
    return record
