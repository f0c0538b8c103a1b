"""The embedded NATS broker and how to reach an external one."""
