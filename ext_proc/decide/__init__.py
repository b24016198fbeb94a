"""The two pages that decide, and what they share."""
