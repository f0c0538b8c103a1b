"""The record of a session: its facts, and everything that is made of them."""
