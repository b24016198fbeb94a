"""Frames of streams out of bytes, cut anywhere."""
