"""The measuring parts of the virtual devices: what a sensor makes of the body, before any protocol. Pure."""
