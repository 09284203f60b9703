__all__ = ["public", "called"]
public = [each for each in range(3)]
_hidden = 1


def called():
    for each in public:
        if each > _hidden:
            return each
