"""What a run makes on AWS alone, a file a kind, as in `kit.resources`; entered in `registry.py`."""
