"""One reader a family: a decoded measurement becomes samples with unit and quality."""
