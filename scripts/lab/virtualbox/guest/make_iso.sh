# Makes /guest.iso of /system, busybox and dropbear, and of the kernel in /iso.
set -e
cd /system
mkdir -p bin dev home/docker proc root sys tmp usr var/run etc/dropbear
cp /bin/busybox /usr/sbin/dropbear bin/
for name in $(busybox --list); do [ -e "bin/$name" ] || ln -s busybox "bin/$name"; done
ln -s bin sbin
ln -s ../bin usr/bin
ln -s bin/busybox init
ldd /usr/sbin/dropbear | grep -o '/lib[^ ]*' | xargs cp -L --parents -t .
# The same at each boot, as boot2docker's is, which keeps it on its disk.
dropbearkey -t ed25519 -f etc/dropbear/dropbear_ed25519_host_key
find . | cpio -o -H newc --quiet >/iso/isolinux/initrd
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 /iso/isolinux/
xorriso -as mkisofs -quiet -R -V Boot2Docker -o /guest.iso -b isolinux/isolinux.bin -c isolinux/boot.cat \
    -no-emul-boot -boot-load-size 4 -boot-info-table /iso
rm -rf /iso /system
