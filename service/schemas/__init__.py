"""What goes in and comes out over HTTP, as pydantic bodies. Pure data: no rule of the shop."""
