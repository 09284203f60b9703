"""A package that is run."""
import sys
print("package", __name__, __package__, __path__[0].rpartition("/")[2], sys.argv[0] == "-m")
