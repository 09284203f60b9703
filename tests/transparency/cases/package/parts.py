"""Parts."""
import os
def on_disk(path): return os.path.exists(path)
if __name__ == "__main__":
    print("parts alone", __package__, __spec__.name)
    from .inside import deep
    deep.run("b")
