class Text(str):
    def words(self):
        return [Text(each) for each in self.split()]


def main():
    print("begin")
    print(Text("a b").words()[0].upper().words()[1])  # @crash
    print("end")


main()
