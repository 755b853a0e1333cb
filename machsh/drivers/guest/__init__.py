"""What every VM driver needs for its guest: images, disks, seeds. It knows no hypervisor."""
