# Builds e1000 and ahci for the cloud kernel, and puts them with those that it has into /modules, in the order of loading.
set -e
headers=$(ls -d /usr/src/linux-headers-*-cloud-amd64)
version=${headers#/usr/src/linux-headers-}
cp "/boot/vmlinuz-$version" /vmlinuz-cloud
cd /linux/drivers/net/ethernet/intel/e1000
printf 'obj-m := e1000.o\ne1000-y := e1000_main.o e1000_hw.o e1000_ethtool.o e1000_param.o\n' >Makefile
make -s -j"$(nproc)" -C "$headers" M="$PWD" modules
cd /linux/drivers/ata
printf 'obj-m := libahci.o ahci.o\n' >Makefile
make -s -j"$(nproc)" -C "$headers" M="$PWD" KCFLAGS=-DCONFIG_SATA_MOBILE_LPM_POLICY=0 modules

mkdir /modules
number=10
for name in button evdev scsi_common scsi_mod libata libahci ahci sd_mod cdrom sr_mod isofs overlay e1000; do
    file=$(find /linux "/lib/modules/$version" -name "$name.ko" | head -n 1)
    # Without the signature, which takes the kernel seconds to check.
    strip --strip-debug -o "/modules/$number-$name.ko" "$file"
    number=$((number + 1))
done
