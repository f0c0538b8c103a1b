"""One peripheral a family, behaving as the product does, and what they share."""
