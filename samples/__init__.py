"""Sample pictures, and the renderer that made them."""
