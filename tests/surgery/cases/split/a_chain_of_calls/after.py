class Text(str):
    def words(self):
        return [Text(each) for each in self.split()]


def main():
    print("begin")
    words = Text("a b").words()  # @resume
    first = Text(words[0].upper())
    print(first.words()[0])
    print("end")


main()
