"""Provisioning of hosts: facts, plans, and the steps that install and configure a Docker engine."""
