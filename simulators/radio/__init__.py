"""The radio in the box: bumble's stack, bleak's backends, clocks."""
