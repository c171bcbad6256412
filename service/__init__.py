"""taizhang 台账: the service. `domain` is the pure bottom, `cli` the top; CONTRIBUTING.md has the order of imports."""
