from machsh.drivers.none import NoneDriver
from machsh.testing.driver_contract import DriverContract


class TestNone(DriverContract):
    driver_type = NoneDriver
    values = {"url": "tcp://192.0.2.10:2376"}
    makes_hosts = False
    moves_hosts = False
