"""What bleak sees of the virtual radio: adapter, scanner, client."""
