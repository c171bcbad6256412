"""Peers side by side in one run, on one machine, against one server; results as tables in results/."""
