"""The machsh driver `azure`: hosts on Microsoft Azure."""
