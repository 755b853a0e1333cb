"""Ways to call VirtualBox: by its program `VBoxManage`, and by pyvbox; and what they print."""
