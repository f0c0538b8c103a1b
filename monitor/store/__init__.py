"""What must never be lost: SQLite."""
