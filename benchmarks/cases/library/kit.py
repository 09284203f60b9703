"""A library with a function of its older days."""

import warnings


def rescale(images, top):
    warnings.warn("rescale() is deprecated, use scale()", DeprecationWarning, stacklevel=1)
    return scale(images, top)


def scale(images, top):
    return images / top
