"""Renders the sample pictures: plugs on desks, with the exact boxes of what is visible.

One Blender unit is one centimetre throughout, lengths and positions are (x, y, z) with z up, and the
desk's surface is z = 0.
"""
