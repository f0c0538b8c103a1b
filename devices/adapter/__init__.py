"""The radio of this machine: scanning, BlueZ, ESPHome proxies, what an advertisement says."""
