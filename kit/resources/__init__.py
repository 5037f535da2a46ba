"""The kinds of things that a run makes outside its folder, a file each: how it is made, waited for, deleted and listed.

To add one, write its file on the pattern of `model.py` and enter it in `registry.py`. What AWS alone has is in
`kit.aws.resources`.
"""
