"""Frames to samples: decoding, sample time, gaps."""
