"""领域: what is a fact and what is refused. Pure: standard library only, no clock, no I/O, no invented ids."""
