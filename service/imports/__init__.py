"""导入: one file per foreign format; each reads a file and sends commands, as a person would."""
