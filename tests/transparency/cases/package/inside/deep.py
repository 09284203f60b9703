import pkgutil
import sys
def run(what):
    data = pkgutil.get_data("package", "inside/data.txt")
    try:
        print(data.decode().strip(), {"a": 1}[what])
    finally:
        print("ran", what)
