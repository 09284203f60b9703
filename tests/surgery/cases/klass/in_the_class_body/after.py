class Table:
    names = ["a", "b"]
    print("names", names)
    width = len(names)  # @resume
    height = 3

    def area(self):
        return self.width * self.height


print(Table().area())
