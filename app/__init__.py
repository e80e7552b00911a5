"""What people and programs touch: command line, server, pages. No logic of its own."""
