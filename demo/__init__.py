"""NovaMart: a seeded demo company whose truth is known."""
