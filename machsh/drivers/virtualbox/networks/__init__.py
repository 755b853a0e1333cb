"""Networks of VirtualBox VMs: host-only networks with DHCP, and NAT forwards."""
