"""Bluetooth wire formats, one file each, standard library only."""
