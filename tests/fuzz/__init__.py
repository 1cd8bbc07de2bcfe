"""Generated hostile input for all that reads what people hand over; `make fuzz` runs it, see `__main__.py`."""
