"""What the rules are judged in: the latest values, their freshness, the state of the sensors."""
