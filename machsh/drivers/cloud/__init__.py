"""What drivers of clouds share: nothing here knows a provider.

`CloudDriver` has the calls that are the same for all; its parts can be used alone. Third-party drivers import
them from `machsh.api`.
"""
