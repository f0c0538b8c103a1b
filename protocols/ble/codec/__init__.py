"""The tools that the codecs of the families share."""
