"""What both sides of the wire share: refusals, outlines and alignment. Standard library only."""
