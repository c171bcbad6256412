"""权限: who may do what where. The table is in table.py, fields.py and columns.py; nothing else decides."""

from service.access.caller import ANONYMOUS, FOLLOWER, LOADER, LOCAL, Caller, Ledgers, Wall, wall
from service.access.table import Sight

__all__ = ["ANONYMOUS", "FOLLOWER", "LOADER", "LOCAL", "Caller", "Ledgers", "Sight", "Wall", "wall"]
