"""Drivers: one supervised Bluetooth link to one sensor, and the knowledge of each product."""
