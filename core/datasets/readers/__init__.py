"""One reader per format; each turns bytes into the same table, or folders into the same samples."""
