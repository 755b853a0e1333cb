"""A cloud for tests: an HTTP API with faults on demand and a bill, whose servers may be real hosts.

`FakeCloud` knows no provider; a driver's tests add the provider's routes.
"""
