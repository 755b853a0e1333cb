# shellcheck shell=bash
# A guest for virtual machines that boots by itself: Debian with cloud-init, sshd and an engine, made by debootstrap.
# It is made to boot fast where the processor is emulated.

# shellcheck disable=SC2034 # read by what sources this
GUEST_IMAGE=
# The first release whose cloud-init is one process and not four: starting Python takes an emulated processor seconds.
GUEST_SUITE=trixie
# The whole kernel, not the one for clouds, which cannot mount 9p; what no virtual machine has is taken out of it.
GUEST_PACKAGES=(
    systemd-sysv systemd-resolved dbus udev linux-image-amd64 cloud-init cloud-guest-utils e2fsprogs fdisk busybox-static
    openssh-server sudo docker.io docker-cli iptables iproute2 procps kmod ca-certificates curl xz-utils
)
GUEST_TOOLS=(debootstrap grub-pc-bin grub-common fdisk e2fsprogs qemu-utils cpio)
GUEST_DISK_MB=3072
GUEST_LABEL=machsh-guest
GUEST_FIRST_SECTOR=2048
GUEST_KERNEL_LINE="root=LABEL=$GUEST_LABEL rw console=tty0 console=ttyS0 quiet systemd.show_status=1 mitigations=off nokaslr no5lvl audit=0 apparmor=0 selinux=0"
# What the kernel needs to find its root file system, on QEMU's disks and on others' SATA disks.
GUEST_MODULES=(virtio_pci virtio_blk ahci ata_piix sd_mod ext4)

# Sets GUEST_IMAGE to a qcow2 file; it is made anew when this script changes.
ensure_guest_image() {
    local content
    content=$(sha256sum <"$ROOT/scripts/lab/guest_image.sh")
    GUEST_IMAGE=$CACHE/guest-$GUEST_SUITE-${content:0:12}.qcow2
    [ -s "$GUEST_IMAGE" ] || make_guest_image "$GUEST_IMAGE"
}

make_guest_image() {
    local image=$1 root=$CACHE/guest-root disk=$CACHE/guest.raw
    need_packages "${GUEST_TOOLS[@]}"
    [ -e "$KEYRING" ] || need_packages debian-archive-keyring
    say "making the guest image of virtual machines with debootstrap (about three minutes)"
    as_root rm -rf "$root"
    guest_root "$root"
    guest_configuration "$root"
    guest_boot_files "$root"
    guest_disk "$root" "$disk"
    quietly as_root qemu-img convert -f raw -O qcow2 "$disk" "$image.part" || die "qemu-img could not write $image"
    as_root chown "$(id -u)" "$image.part"
    mv "$image.part" "$image"
    as_root rm -rf "$root" "$disk"
}

guest_root() {
    local root=$1 mirror
    mirror=$(own_mirror)
    # shellcheck disable=SC2086 # no mirror is no word: debootstrap then takes its own
    quietly as_root debootstrap --variant=minbase --include=ca-certificates --keyring="$KEYRING" \
        "$GUEST_SUITE" "$root" $mirror ||
        die "no guest image: ${mirror:-the mirror of debootstrap} is out of reach or does not serve $GUEST_SUITE"
    echo "$BASE_APT" | put "$root/etc/apt/apt.conf.d/90mirror"
    printf '#!/bin/sh\nexit 101\n' | put "$root/usr/sbin/policy-rc.d" # nothing starts in here
    as_root chmod 755 "$root/usr/sbin/policy-rc.d"
    # debootstrap cannot choose between packages that provide the same, which cloud-init needs.
    guest_apt "$root" update || die "no guest image: apt has no lists of packages"
    guest_apt "$root" install --no-install-recommends "${GUEST_PACKAGES[@]}" ||
        die "no guest image: apt could not install its packages"
    as_root rm "$root/usr/sbin/policy-rc.d"
}

# The initramfs is made once, at the end.
guest_apt() {
    local root=$1
    shift
    quietly as_root chroot "$root" env DEBIAN_FRONTEND=noninteractive INITRD=No LC_ALL=C \
        apt-get -y -q -o Dpkg::Options::=--force-unsafe-io "$@"
}

put() { as_root tee "$1" >/dev/null; }

guest_configuration() {
    local root=$1 unit
    : | put "$root/etc/fstab" # the initramfs mounts the root; a line for it would wait for udev
    : | put "$root/etc/machine-id"
    as_root rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/hostname
    as_root ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
    guest_cloud_init | put "$root/etc/cloud/cloud.cfg.d/90_lab.cfg"
    for unit in systemd-networkd systemd-resolved containerd docker ssh; do
        as_root systemctl -q --root="$root" enable "$unit" || die "the guest has no unit $unit"
    done
    for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
        dpkg-db-backup.timer man-db.timer systemd-timesyncd.service cloud-init-hotplugd.socket getty@tty1.service \
        systemd-binfmt.service systemd-pstore.service systemd-network-generator.service modprobe@drm.service \
        sys-fs-fuse-connections.mount sys-kernel-{config,debug,tracing}.mount dev-{hugepages,mqueue}.mount; do
        as_root systemctl -q --root="$root" mask "$unit"
    done
    as_root mkdir -p "$root/etc/systemd/journald.conf.d"
    printf '[Journal]\nStorage=volatile\n' | put "$root/etc/systemd/journald.conf.d/lab.conf"
}

# What an emulated processor has no time for is left out; what the seed says is done as on any image.
guest_cloud_init() {
    cat <<'YAML'
datasource_list: [NoCloud, None]
system_info:
  network:
    renderers: [networkd]
cloud_init_modules: [bootcmd, write-files, growpart, resizefs, mounts, set_hostname, update_hostname, update_etc_hosts, users-groups, ssh]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user, final-message]
YAML
}

guest_boot_files() {
    local root=$1 modules version
    modules=$(echo "$root"/lib/modules/*)
    version=${modules##*/}
    guest_drop_drivers "$modules/kernel"
    as_root find "$modules" -name '*.ko.xz' -exec unxz {} +
    as_root chroot "$root" depmod "$version"
    guest_initramfs "$root" "$version"
    as_root mv "$root/boot/vmlinuz-$version" "$root/boot/vmlinuz"
    as_root rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
        "$root"/usr/share/{doc,man,locale}/* "$root"/var/log/*.log
    # Else the first boot builds caches anew that the packages have built already.
    as_root touch "$root/etc/.updated" "$root/var/.updated"
}

# An initramfs of busybox and a few modules, not packed: the usual one takes an emulated processor ten times as long.
guest_initramfs() {
    local root=$1 version=$2 folder=$CACHE/guest-initramfs
    rm -rf "$folder"
    mkdir -p "$folder"/{bin,dev,proc,sys,root,modules}
    cp "$root/bin/busybox" "$folder/bin/busybox"
    as_root chroot "$root" modprobe --show-depends -S "$version" -a "${GUEST_MODULES[@]}" |
        awk '$1 == "insmod" && !seen[$2]++ {print $2}' >"$folder/list"
    while read -r module; do
        cp "$root/$module" "$folder/modules/"
        basename "$module"
    done <"$folder/list" >"$folder/modules/order"
    guest_init >"$folder/init"
    chmod 755 "$folder/init"
    (cd "$folder" && find . | cpio --quiet -o -H newc -R 0:0) | put "$root/boot/initrd"
    rm -rf "$folder"
}

guest_init() {
    cat <<SH
#!/bin/busybox sh
export PATH=/bin
busybox mount -t devtmpfs none /dev
busybox mount -t proc none /proc
busybox mount -t sysfs none /sys
for module in \$(busybox cat /modules/order); do busybox insmod /modules/\$module; done
tries=0
until device=\$(busybox findfs LABEL=$GUEST_LABEL 2>/dev/null); do
    tries=\$((tries + 1))
    [ \$tries -lt 300 ] || { echo "no disk has the label $GUEST_LABEL"; busybox poweroff -f; }
    busybox sleep 0.1
done
busybox mount -t ext4 -o rw "\$device" /root
busybox umount /proc /sys
busybox mount -o move /dev /root/dev
exec busybox switch_root /root /sbin/init
SH
}

guest_drop_drivers() {
    local folder
    for folder in drivers/gpu drivers/media drivers/net/wireless drivers/infiniband drivers/iio drivers/hwmon drivers/usb \
        drivers/staging drivers/isdn drivers/input/touchscreen drivers/net/ethernet/{mellanox,broadcom,chelsio,qlogic,sfc} \
        sound net/bluetooth net/wireless net/mac80211 drivers/bluetooth drivers/scsi/{lpfc,qla2xxx,aacraid,mpt3sas} \
        fs/{ocfs2,gfs2,xfs,btrfs,jfs,reiserfs,nilfs2}; do
        as_root rm -rf "${1:?}/$folder"
    done
}

# A disk with one partition; GRUB stands in the sectors before it, where its own default looks for its second part.
guest_disk() {
    local root=$1 disk=$2 modules=/usr/lib/grub/i386-pc
    as_root rm -f "$disk"
    as_root truncate -s "${GUEST_DISK_MB}M" "$disk"
    printf 'label: dos\nstart=%s, type=83, bootable\n' "$GUEST_FIRST_SECTOR" |
        quietly as_root sfdisk "$disk" || die "the guest's disk could not be partitioned"
    quietly as_root mke2fs -q -t ext4 -L "$GUEST_LABEL" -d "$root" -E "offset=$((GUEST_FIRST_SECTOR * 512)),lazy_itable_init=1" \
        -O ^metadata_csum_seed "$disk" "$((GUEST_DISK_MB - 1))M" || die "the guest's file system could not be made"
    printf 'set root=(hd0,msdos1)\nlinux /boot/vmlinuz %s\ninitrd /boot/initrd\nboot\n' "$GUEST_KERNEL_LINE" >"$CACHE/guest-grub.cfg"
    quietly grub-mkimage -O i386-pc -d "$modules" -c "$CACHE/guest-grub.cfg" -p '(hd0,msdos1)/boot' -o "$CACHE/guest-grub.img" \
        biosdisk part_msdos ext2 linux boot || die "GRUB's image could not be made"
    as_root dd if="$modules/boot.img" of="$disk" bs=440 count=1 conv=notrunc status=none
    as_root dd if="$CACHE/guest-grub.img" of="$disk" bs=512 seek=1 conv=notrunc status=none
    rm -f "$CACHE"/guest-grub.*
}
