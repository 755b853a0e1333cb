#!/bin/sh
# First process of a host in a container: what a machine's firmware would have prepared, then systemd.
set -eu

# Where the engine below gave fewer rights, control groups come read-only; nested containers need them.
while read -r _ place kind _; do
    case $kind in cgroup | cgroup2) mount -o remount,rw,bind "$place" ;; esac
done < /proc/mounts

# Where the computer below has control groups v1: systemd wants to be told to take them since 256, and since 258
# takes only v2, which every kernel that it runs on has beside them.
option=
if grep -q '^[^ ]* /sys/fs/cgroup/[^ ]* cgroup ' /proc/mounts; then
    version=$(systemctl --version 2> /dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    if [ "${version:-0}" -ge 258 ]; then
        umount -R /sys/fs/cgroup
        mount -t cgroup2 none /sys/fs/cgroup
    elif [ "${version:-0}" -ge 256 ]; then
        option=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
    fi
fi

# Identity is made here, once per host, never shared through the image.
[ -s /etc/machine-id ] || tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
for kind in ed25519 ecdsa; do
    key=/etc/ssh/ssh_host_${kind}_key
    [ -s "$key" ] || ssh-keygen -q -t "$kind" -N '' -f "$key"
done

# The nested engine mounts into containers of its own; what it mounts must spread.
mount --make-rshared /

exec /sbin/init $option
