"""The pages, one file each, and what puts them together."""
