import sys
from . import parts
from .inside import deep
print(__name__, __package__, __spec__.name if __spec__ else None, sys.argv[1:], sys.path[0] != "")
print(parts.__file__.rpartition("/")[2], sys.modules["__main__"].__doc__)
def main():
    for each in sys.argv[1:]:
        with open(__file__ if parts.on_disk(__file__) else "/dev/null"):
            deep.run(each)
if __name__ == "__main__":
    main()
