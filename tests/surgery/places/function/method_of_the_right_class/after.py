class B:
    def run(self):
        start()
        boom()


class A:
    def run(self):
        start()
        boom(1)  # @resume
