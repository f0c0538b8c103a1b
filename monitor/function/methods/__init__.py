"""How trials are measured: one module a method."""
