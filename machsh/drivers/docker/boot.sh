#!/bin/sh
# First process of a host in a container: what a machine's firmware would have prepared, then systemd.
set -eu

# Where the engine below gave fewer rights, control groups come read-only; nested containers need them.
while read -r _ place kind _; do
    case $kind in cgroup | cgroup2) mount -o remount,rw,bind "$place" ;; esac
done < /proc/mounts

# Identity is made here, once per host, never shared through the image.
[ -s /etc/machine-id ] || tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
for kind in ed25519 ecdsa; do
    key=/etc/ssh/ssh_host_${kind}_key
    [ -s "$key" ] || ssh-keygen -q -t "$kind" -N '' -f "$key"
done

# The nested engine mounts into containers of its own; what it mounts must spread.
mount --make-rshared /

exec /sbin/init
