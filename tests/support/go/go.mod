module trial

go 1.18
