"""Shared code of cloud drivers, independent of any provider.

`CloudDriver` implements the common calls; its parts can be used alone. Third-party drivers import them from
`machsh.api`.
"""
