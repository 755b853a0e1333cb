"""The machsh driver `openstack`: hosts on clouds that run OpenStack."""
