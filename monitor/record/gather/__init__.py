"""From a recording to the facts of its session. Pure: equal recordings give equal facts."""
