"""The kinds of things that a run makes on AWS alone, a file each, as in `kit.resources`; entered in `registry.py`."""
