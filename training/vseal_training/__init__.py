"""Training of vseal's own model: see ../README.md."""
