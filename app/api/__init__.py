"""The API of programs: the same use cases as the pages, as JSON over HTTP, with a token instead of a password."""
