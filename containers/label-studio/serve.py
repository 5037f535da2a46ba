"""Label Studio, by its environment's Python: `python serve.py start --no-browser`, or `init` for an empty database.

It loads 3,500 modules. Python looks through them again and again for objects that nobody uses any more, of which there
are none: a fifth of its start. A tenth is the file of its feature flags, which PyYAML reads letter by letter in Python
unless it is told that it can do so in C.

Its 396 migrations take a minute, nearly all of it to work out what its classes were like at the time of each.
`database.sql` is what they come to; Label Studio itself adds what a version after it has changed.
"""

import gc
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def begin_migrated(database: Path) -> None:
    statements = Path(__file__).with_name("database.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(statements)


if __name__ == "__main__":
    # Not off: it runs for days.
    gc.set_threshold(50_000, 20, 100)
    import yaml

    yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if sys.argv[1] == "init":
        begin_migrated(Path(os.environ["LABEL_STUDIO_BASE_DATA_DIR"]) / "label_studio.sqlite3")
    from label_studio.server import main

    sys.exit(main())
