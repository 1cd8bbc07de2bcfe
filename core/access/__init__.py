"""Who may enter, and whose workspace they work in; knows nothing of pages."""
