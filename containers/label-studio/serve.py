"""Label Studio, by its environment's Python: `python serve.py start --no-browser`, or `init`.

It loads 3,500 modules. Python looks through them again and again for objects that nobody uses any more, of which there
are none: a fifth of its start. A tenth is the file of its feature flags, which PyYAML reads letter by letter in Python
unless it is told that it can do so in C.
"""

import gc
import sys

if __name__ == "__main__":
    # Not off: it runs for days.
    gc.set_threshold(50_000, 20, 100)
    import yaml

    yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    from label_studio.server import main

    sys.exit(main())
