class Table:
    names = ["a", "b"]
    print("names", names)
    width = names.width  # @crash
    height = 2

    def area(self):
        return self.width * self.height


print(Table().area())
