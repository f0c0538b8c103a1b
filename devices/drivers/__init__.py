"""One driver a family: what it advertises, what to subscribe to, how it is started."""
