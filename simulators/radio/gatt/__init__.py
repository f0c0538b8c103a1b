"""Services, notifications, advertising and pairing of a peripheral."""
