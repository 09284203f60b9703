class A:
    def run(self):
        start()
        boom()  # @crash


class B:
    def run(self):
        start()
        boom()
