"""Own page elements: a .py that turns views into plain values, with its .js and .css beside it."""
