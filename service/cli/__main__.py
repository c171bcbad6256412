"""`python -m service.cli` is `taizhang`."""

from service.cli import app

if __name__ == "__main__":
    app(prog_name="taizhang")
