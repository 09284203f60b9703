class A:
    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        check(value)
        boom(int(value))  # @resume
