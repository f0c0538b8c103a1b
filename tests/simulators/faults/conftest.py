"""The plugin's hooks for these tests; once it is installed as an entry point they come from there."""

from simulators.pytest_plugin import pytest_asyncio_loop_factories, pytest_configure

__all__ = ["pytest_asyncio_loop_factories", "pytest_configure"]
